import MemoryModel
import Testing

@testable import Attribution

@Suite struct `The site of a proved leak` {
    @Test func `is the first frame that is no helper's`() {
        let stacks = [["example_malloc", "strdup", "load", "main"], ["load"], []]
        let report = sited(
            UnreachableReport(
                process: ProcessFacts(pid: 1, command: ["p"]),
                groups: stacks.map { stack in
                    .init(isDirect: true, tally: .init(blocks: 1), frames: stack.map { Frame(function: $0) })
                }, live: .init(), reachable: .init(), isComplete: true))
        #expect(report.groups.map { $0.siteFrames.map(\.function) } == [["load", "main"], ["load"], []])
        #expect(report.groups.map(\.frames.count) == [4, 1, 0])
    }
}
