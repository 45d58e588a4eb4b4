import MemoryModel
import Rendering
import SampleReports
import Testing

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
