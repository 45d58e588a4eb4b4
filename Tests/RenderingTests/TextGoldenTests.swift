import MemoryModel
import Rendering
import SampleReports
import Testing

@Suite struct `The text of a report` {
    static let styles: [(name: String, style: TextStyle)] = [
        ("60", TextStyle(width: 60)), ("80", TextStyle(width: 80)), ("120", TextStyle(width: 120)),
        ("80-color", TextStyle(width: 80, color: true)), ("80-ascii", TextStyle(width: 80, unicode: false)),
    ]

    @Test(arguments: Sample.reports.map(\.name), styles.map(\.name))
    func `is as recorded`(sample: String, style name: String) throws {
        let report = try #require(Sample.reports.first { $0.name == sample }?.report)
        let style = try #require(Self.styles.first { $0.name == name }?.style)
        try Golden.expect(report.text(style), is: "\(sample).\(name).txt")
    }

    @Test(arguments: SiteAnswer.Question.allCases, styles.map(\.name))
    func `of one answer is as recorded`(question: SiteAnswer.Question, style name: String) throws {
        let style = try #require(Self.styles.first { $0.name == name }?.style)
        let report = question == .left ? Sample.leftBehind : Sample.pinned
        try Golden.expect(report.text(question, style), is: "\(question.command).\(name).txt")
    }

    @Test(arguments: styles.map(\.name))
    func `of what grows is as recorded`(style name: String) throws {
        let style = try #require(Self.styles.first { $0.name == name }?.style)
        try Golden.expect(Sample.leaking.leaksText(style), is: "leaks.\(name).txt")
    }

    @Test func `of an answer by age is as recorded`() throws {
        try Golden.expect(Sample.byAge.text(.left, TextStyle()), is: "left-by-age.80.txt")
    }

    @Test(arguments: styles.map(\.name))
    func `of a process with two readings is as recorded`(style name: String) throws {
        let style = try #require(Self.styles.first { $0.name == name }?.style)
        try Golden.expect(Sample.run.text(style), is: "run.\(name).txt")
    }

    @Test(arguments: styles.map(\.name))
    func `of a run of several processes is as recorded`(style name: String) throws {
        let style = try #require(Self.styles.first { $0.name == name }?.style)
        try Golden.expect(Sample.server.text(style), is: "server.\(name).txt")
    }
}
