import MemoryModel
import Rendering
import Testing

extension Sample {
    static let leaked: UnreachableReport = {
        let frames = [
            Frame(function: "Session::open(int)", file: "/src/session.cpp", line: 41, module: "/usr/bin/server"),
            Frame(function: "serve", file: "/src/main.cpp", line: 120, module: "/usr/bin/server"),
        ]
        var report = UnreachableReport(
            process: ProcessFacts(pid: 4711, command: ["/usr/bin/server", "--port", "80"], threads: 9),
            groups: [
                .init(isDirect: true, tally: .init(blocks: 41_000, bytes: .mebibytes(120)), frames: frames),
                .init(
                    isDirect: false, tally: .init(blocks: 82_000, bytes: .mebibytes(40)),
                    frames: [Frame(function: "std::string::_M_create", module: "/usr/lib/libstdc++.so.6")] + frames),
                .init(isDirect: true, tally: .init(blocks: 1, bytes: 17), frames: []),
            ], live: .init(blocks: 400_000, bytes: .mebibytes(300)),
            reachable: .init(blocks: 276_000, bytes: .mebibytes(130)),
            isComplete: true, heldSeconds: 0.1234)
        report.suppressed = [.init(pattern: "^known*\u{1B}[31m", tally: .init(blocks: 3, bytes: 300))]
        return report
    }()

    static let sampledLeak: UnreachableReport = {
        var report = leaked
        report.isComplete = false
        report.suppressed = []
        report.reachable = .init(blocks: 1000, bytes: .mebibytes(2))
        report.undecided = .init(blocks: 3000, bytes: .mebibytes(20))
        report.degraded = [
            "sampled", "blocks-damaged", "memory-unreadable-in-part", "fork-inexact", "no-unwinder", "x\u{1B}y",
        ]
        report.further = .init(blocks: 12, bytes: 1200)
        return report
    }()

    static let nothingLeaked = UnreachableReport(
        process: ProcessFacts(pid: 4712, command: ["/usr/bin/server"]), groups: [],
        live: .init(blocks: 5, bytes: 500), reachable: .init(blocks: 5, bytes: 460), isComplete: true,
        heldSeconds: 0.004)
}

@Suite struct `The text of a proof` {
    @Test(arguments: `The text of a report`.styles.map(\.name)) func `is as recorded`(name: String) throws {
        let style = try #require(`The text of a report`.styles.first { $0.name == name }?.style)
        try Golden.expect(Sample.leaked.text(style), is: "leaked.\(name).txt")
        try Golden.expect(Sample.sampledLeak.text(style), is: "leaked-sampled.\(name).txt")
        try Golden.expect(Sample.nothingLeaked.text(style), is: "leaked-nothing.\(name).txt")
        let run = LeakRun(
            command: ["server"],
            processes: [
                .proved(Sample.nothingLeaked),
                .failed(ProcessFacts(pid: 9, command: ["w"]), reason: "it ended\u{1B} without waiting for it"),
            ])
        try Golden.expect(run.text(style), is: "leaks-run.\(name).txt")
    }

    @Test func `as JSON is as recorded`() throws {
        try Golden.expect(Sample.leaked.json(pretty: true), is: "leaked.json")
        let run = LeakRun(
            command: ["server"],
            processes: [.proved(Sample.sampledLeak), .failed(ProcessFacts(pid: 9, command: ["w"]), reason: "why")])
        try Golden.expect(run.json(pretty: true), is: "leaks-run.json")
    }

    @Test(arguments: [60, 80, 120]) func `is never wider than the terminal, and has no control character`(width: Int) {
        for report in [Sample.leaked, Sample.sampledLeak, Sample.nothingLeaked] {
            for line in report.text(TextStyle(width: width, unicode: false)).split(separator: "\n") {
                #expect(line.utf8.count <= width && line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }, "\(line)")
            }
        }
    }

    @Test func `says leaked only of what is proved`() {
        let text = Sample.nothingLeaked.text(TextStyle())
        #expect(text.contains("nothing leaked") && !text.contains("proved"))
        #expect(LeakRun(command: ["c"], processes: [.proved(Sample.nothingLeaked)]).hasLeaks == false)
        #expect(LeakRun(command: ["c"], processes: [.proved(Sample.leaked)]).hasLeaks)
    }
}
