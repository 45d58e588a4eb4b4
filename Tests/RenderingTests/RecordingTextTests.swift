import MemoryModel
import Rendering
import SampleReports
import Testing

@Suite struct `The text of a recording` {
    static let differences = Differences(
        before: Differences.Side(file: "/ci/main.json", moment: MomentName("warm#1")),
        after: Differences.Side(file: "/ci/branch\u{1B}.json", moment: MomentName("exit")),
        processes: [
            ReportDifference(from: Sample.healthy, to: Sample.healthy),
            ReportDifference(from: Sample.pinned, to: Sample.leftBehind),
            ReportDifference(from: Sample.retention, to: Sample.threads),
        ],
        onlyBefore: [["/usr/bin/old", "x"]], onlyAfter: [["new"], ["newer"]], limit: 2)

    static func texts(_ style: TextStyle) -> [(name: String, text: String)] {
        [
            ("recording", Sample.recording.text(style)), ("diff", differences.text(style)),
            ("compare", Sample.comparison.text(style)),
        ]
    }

    @Test(arguments: `The text of a report`.styles.map(\.name)) func `is as recorded`(name: String) throws {
        let style = try #require(`The text of a report`.styles.first { $0.name == name }?.style)
        for (kind, text) in Self.texts(style) { try Golden.expect(text, is: "\(kind).\(name).txt") }
    }

    @Test func `as JSON is as recorded`() throws {
        try Golden.expect(Self.differences.json(pretty: true), is: "diff.json")
        try Golden.expect(Sample.comparison.json(pretty: true), is: "compare.json")
    }

    @Test(arguments: [60, 72, 80, 120]) func `is never wider than the terminal, and has no control character`(
        width: Int
    ) {
        for (kind, text) in Self.texts(TextStyle(width: width, unicode: false)) {
            for line in text.split(separator: "\n") {
                #expect(
                    line.utf8.count <= width && line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }, "\(kind): \(line)")
            }
        }
    }

    @Test func `says that it was cut off, and up to when`() {
        var recording = Sample.recording
        recording.degraded = ["cut-off"]
        #expect(recording.text(TextStyle(width: 120)).contains("was cut off after 9.40 s"))
        recording.processes = []
        #expect(recording.text(TextStyle()).contains("No process of this recording was ever read"))
    }

    @Test func `of a moment says which, and of which process`() {
        let place = MomentPlace(
            file: "run.json", process: 1, processes: 3, moment: MomentName("warm#2"), seconds: 1.5,
            degraded: ["cut-off"])
        #expect(place.text(TextStyle()) == "run.json · at warm#2, 1.50 s · process 1 of 3 · cut off\n\n")
    }
}

@Suite struct `The text of a difference` {
    private func text(from before: Report, to after: Report) -> String {
        let side = Differences.Side(file: "x", moment: nil)
        return Differences(
            before: side, after: side, processes: [ReportDifference(from: before, to: after)]
        ).text(TextStyle())
    }

    @Test func `answers in its first line`() {
        #expect(
            text(from: Sample.healthy, to: Sample.retention)
                .hasPrefix("+170 MiB RSS: heap.retained +192 MiB, heap.live -25.2 MiB\n"))
        #expect(text(from: Sample.healthy, to: Sample.healthy).hasPrefix("RSS is the same, and so is every row\n"))
        var moved = Sample.healthy
        moved.ledger[0].bytes = moved.ledger[0].bytes - 4096
        moved.ledger[1].bytes += 4096
        #expect(
            text(from: Sample.healthy, to: moved)
                .hasPrefix("RSS is the same: heap.live -4.00 KiB, heap.retained +4.00 KiB\n"))
    }

    /// An estimate is no finding where it lies within its error.
    @Test func `marks what lies within its error`() {
        var after = Sample.pinned
        after.sites?.holds.groups[0].bytes.value += 1 << 20
        let text = text(from: Sample.pinned, to: after)
        #expect(text.contains("1 site moved, within the error of the samples"))
        #expect(text.contains("+1.00 MiB") && text.contains(", within"))
    }
}
