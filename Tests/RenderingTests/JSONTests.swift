import Foundation
import JSONText
import MemoryModel
import Rendering
import SampleReports
import Testing

@Suite struct `JSON of a report` {
    /// The exact text, as keys and their order are a contract.
    @Test func `has the keys of silt.report in their order`() throws {
        try Golden.expect(Sample.threads.json(pretty: true), is: "threads.json")
        try Golden.expect(Sample.fragmentation.json(pretty: true), is: "fragmentation.json")
        try Golden.expect(Sample.plateau.json(pretty: true), is: "plateau.json")
    }

    @Test func `has the answers about code`() throws {
        try Golden.expect(Sample.pinned.json(pretty: true), is: "pinned.json")
        try Golden.expect(Sample.pinned.json(.holds, pretty: true), is: "pinned.sites.json")
        try Golden.expect(Sample.leftBehind.json(.left, pretty: true), is: "left-behind.left.json")
    }

    @Test func `of what grows has its keys in their order`() throws {
        try Golden.expect(Sample.leaking.leaksJSON(pretty: true), is: "leaks.json")
        let unsampled = Sample.unsampled.leaksJSON(pretty: false)
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(unsampled.utf8)) as? [String: Any])
        #expect(parsed["leaks"] is NSNull && parsed["degraded"] as? [String] == ["sampling-off"])
    }

    @Test(arguments: Sample.reports.map(\.name), SiteAnswer.Question.allCases)
    func `of an answer parses`(sample: String, question: SiteAnswer.Question) throws {
        let report = try #require(Sample.reports.first { $0.name == sample }?.report)
        let text = report.json(question, pretty: false)
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(parsed["schema"] as? String == "silt.\(question.command)/1")
        #expect((parsed["answer"] as? [String: Any])?["by"] as? String == "site")
    }

    @Test func `of a run holds both readings of every process`() throws {
        try Golden.expect(Sample.server.json(pretty: true), is: "server.json")
    }

    @Test(arguments: Sample.reports.map(\.name), [true, false])
    func `parses, and its ledger sums to RSS`(sample: String, pretty: Bool) throws {
        let report = try #require(Sample.reports.first { $0.name == sample }?.report)
        let text = report.json(pretty: pretty)
        #expect(text.hasSuffix("}\n"))
        #expect(pretty || text.filter { $0 == "\n" }.count == 1)
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(parsed["schema"] as? String == "silt.report/1")
        let ledger = try #require(parsed["ledger"] as? [[String: Any]])
        #expect(ledger.compactMap { $0["cause"] as? String } == Cause.allCases.map(\.rawValue))
        #expect(ledger.compactMap { $0["bytes"] as? Int }.reduce(0, +) == parsed["rss_bytes"] as? Int)
    }

    @Test(arguments: [true, false])
    func `says null for what is not known`(pretty: Bool) throws {
        let text = Sample.withoutWitness.json(pretty: pretty)
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(parsed["tunables"] is NSNull)
        #expect((parsed["managed"] as? [String: Any])?["managed_bytes"] is NSNull)
        #expect((parsed["process"] as? [String: Any])?["high_water_bytes"] is NSNull)
    }
}

@Suite struct `A JSON value` {
    @Test(arguments: [
        ("plain", #""plain""#), ("a\"b\\c/", #""a\"b\\c/""#), ("\u{0}\u{1B}[31m", #""\u0000\u001b[31m""#),
        ("line\r\nfeed\t", #""line\u000d\nfeed\t""#), ("\u{7F}\u{9B}", #""\u007f\u009b""#),
        ("\u{2028}\u{202E}", #""\u2028\u202e""#), ("\u{E0001}", #""\udb40\udc01""#), ("zażółć 日本 🎉", #""zażółć 日本 🎉""#),
    ])
    func `escapes what a parser or a terminal would act upon`(string: String, text: String) throws {
        #expect(JSON.string(string).text(pretty: false) == text)
        let parsed = try JSONSerialization.jsonObject(with: Data("[\(text)]".utf8)) as? [String]
        #expect(parsed == [string])
    }

    /// A command line may hold any bytes: reading it as UTF-8 puts U+FFFD for what is none.
    @Test func `is valid for a command line that is not UTF-8`() throws {
        let command = String(decoding: [0x66, 0xFF, 0xC3, 0x28, 0x00, 0xED, 0xA0, 0x80] as [UInt8], as: UTF8.self)
        let text = JSON.array([.string(command)]).text(pretty: false)
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String] == [command])
    }

    @Test(arguments: [
        (JSON.number(0.25), "0.25"), (.number(.nan), "null"), (.number(-.infinity), "null"),
        (.integer(.min), "\(Int.min)"),
        (.null, "null"), (.bool(true), "true"), (.bool(false), "false"), (.array([]), "[]"), (.object([]), "{}"),
        (
            .object([JSON.Member("b", .array([.integer(1), .null])), JSON.Member("a", .null)]),
            #"{"b":[1,null],"a":null}"#
        ),
    ])
    func `is compact in the order it was written`(value: JSON, text: String) {
        #expect(value.text(pretty: false) == text)
    }

    @Test func `breaks only what does not fit a line when pretty`() {
        let short = JSON.object([JSON.Member("a", .array([.integer(1), .integer(2)]))])
        #expect(short.text(pretty: true) == "{\n  \"a\": [1, 2]\n}")
        // Figures fill their lines, strings have one each.
        let figures = JSON.array(Array(repeating: .integer(1_234_567), count: 20))
        let long = JSON.array([figures, .array([])])
        let lines = long.text(pretty: true).split(separator: "\n")
        #expect(lines.count == 7 && lines.allSatisfy { $0.utf8.count <= 100 })
        let strings = JSON.array(Array(repeating: .string("1234567"), count: 20))
        #expect(strings.text(pretty: true).split(separator: "\n").count == 22)
        #expect(lines.first == "[" && lines.dropFirst().first == "  [" && lines.last == "]")
    }
}
