import MemoryModel
import Testing

@testable import Attribution

@Suite struct `Suppressed leaks` {
    private func group(_ frame: Frame, _ blocks: Int) -> UnreachableReport.Group {
        .init(
            isDirect: true, tally: .init(blocks: blocks, bytes: ByteCount(blocks * 10)),
            frames: [Frame(function: "x"), frame])
    }

    private var report: UnreachableReport {
        UnreachableReport(
            process: ProcessFacts(pid: 1, command: ["p"]),
            groups: [
                group(Frame(function: "ns::known(int)"), 5), group(Frame(function: "f", file: "/src/known.c"), 4),
                group(Frame(function: "g", module: "/lib/libknown.so"), 3), group(Frame(function: "lost"), 2),
            ], live: .init(blocks: 20, bytes: 400), reachable: .init(blocks: 6, bytes: 60), isComplete: true)
    }

    @Test func `take out what they match by function, file or module, and count it`() {
        let found = suppressed(
            report, by: [Suppression("^ns::known$"), Suppression("known.c$"), Suppression("libknown")])
        #expect(found.groups.map { $0.frames[1].function } == ["lost"])
        #expect(found.suppressed.map(\.tally.blocks) == [5, 4, 3])
        #expect(found.leaked == .init(blocks: 2, bytes: 20) && found.decidedShare == 1)
    }

    @Test func `of the program's own are taken too, and said to be wrong where they are`() {
        var report = report
        report.ownSuppressions = "leak:known\n"
        #expect(suppressed(report, by: []).leaked.blocks == 2)
        report.ownSuppressions = "known\n"
        #expect(suppressed(report, by: []).degraded == ["suppressions-unknown"])
    }
}
