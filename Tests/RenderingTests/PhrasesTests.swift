import MemoryModel
import Testing

@testable import Rendering

@Suite struct `Words for people` {
    @Test(arguments: [
        (0, "0.0 ms"), (0.25, "0.25 s"), (0.031, "31.0 ms"), (9.994, "9.99 s"), (9.996, "10.0 s"), (59.96, "1 min 0 s"),
        (3_599, "59 min 59 s"),
        (11_520, "3 h 12 min"), (180_000, "2 d 2 h"), (.infinity, "an unknown time"), (-1, "an unknown time"),
        (.nan, "an unknown time"),
    ])
    func `a duration has two units at most`(seconds: Double, text: String) {
        #expect(duration(seconds) == text)
    }

    @Test(arguments: [
        (0, "0 blocks"), (1, "1 block"), (999, "999 blocks"), (1_000, "1,000 blocks"), (1_234_567, "1,234,567 blocks"),
    ])
    func `a count has its plural and its commas`(number: Int, text: String) {
        #expect(count(number, "block", "blocks") == text)
    }

    @Test(arguments: [
        (["ls", "-l"], 80, "ls -l"), (["sh", "-c", "a b", ""], 80, "sh -c 'a b' ''"),
        (["[kworker/0:1]"], 80, "[kworker/0:1]"),
        (["[a b]"], 80, "[a b]"), (["/usr/bin/python3", "x.py"], 16, "python3 x.py"),
        (["/usr/bin/python3", "worker.py"], 12, "python3 wor…"), ([], 80, ""),
    ])
    func `a command is quoted and fits`(arguments: [String], columns: Int, text: String) {
        #expect(commandText(arguments, columns: columns, style: TextStyle()) == text)
    }

    @Test(arguments: [
        ("日本語", 6), ("abc", 3), ("e\u{301}", 1), ("🎉", 2), ("─▸█", 3), ("한글", 4),
    ])
    func `columns are those of a terminal`(text: String, columns: Int) {
        #expect(text.columns == columns)
    }

    @Test(arguments: [("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本語", 6, "日本語")])
    func `what is too long loses its end`(text: String, columns: Int, short: String) {
        #expect(text.shortened(to: columns, ellipsis: "…") == short)
    }

    @Test(arguments: [("libpython3.11.so.1.0", 11, "libpy…o.1.0"), ("short", 5, "short"), ("shorts", 5, "sh…ts")])
    func `a path keeps both ends`(text: String, columns: Int, short: String) {
        #expect(text.middleShortened(to: columns, ellipsis: "…") == short)
    }

    /// Every identifier that libsilt.so or the reader may give has a sentence; any other is shown as it is.
    @Test(arguments: [
        "fork-inexact", "leaves-full", "ranges-full", "ranges-busy", "storage-full", "threads-full", "other-allocator",
        "segment-missing", "segment-version", "segment-truncated", "slots-exhausted", "memory-unreadable",
        "samples-unreadable", "bypassed",
    ])
    func `what is missing is told in a sentence`(identifier: String) {
        #expect(degradation(identifier, style: TextStyle()).hasSuffix("."))
        #expect(degradation(identifier + "-er", style: TextStyle()) == identifier + "-er")
    }
}

@Suite struct `A bar` {
    @Test(arguments: [
        (0, ""), (0.0001, "▏"), (0.125, "█"), (0.25, "██"), (0.2, "█▋"), (1, "████████"), (7, "████████"), (-1, ""),
    ])
    func `has eighths of a column`(share: Double, bar: String) {
        #expect(TextStyle().bar(share: share, columns: 8) == bar)
    }

    @Test(arguments: [(0, ""), (0.01, ""), (0.2, "##"), (1, "########")])
    func `is rounded where there is only ASCII`(share: Double, bar: String) {
        #expect(TextStyle(unicode: false).bar(share: share, columns: 8) == bar)
    }
}

@Suite struct `Wrapped prose` {
    private func plain(_ lines: [StyledLine]) -> [String] { lines.map { $0.text(color: false) } }

    @Test func `keeps a figure with its unit`() {
        #expect(plain(wrapped([Span("of all the 10.0 MiB, 5 %.")], columns: 16)) == ["of all the", "10.0 MiB, 5 %."])
        #expect(plain(wrapped([Span("two B")], columns: 4)) == ["two", "B"])
    }

    @Test func `keeps pieces of two inks together, and cuts what is wider than a line`() {
        let spans = [Span("retention", .strong), Span(", then "), Span("abcdefghijklmnopq")]
        #expect(plain(wrapped(spans, columns: 10)) == ["retention,", "then", "abcdefghij", "klmnopq"])
    }

    @Test func `stands beside its label`() {
        let lines = wrapped([Span("aa bb cc")], columns: 9, label: Span("now"), indent: 4, hanging: 2)
        #expect(plain(lines) == ["now aa bb", "      cc"])
    }

    @Test func `breaks a list of facts between them`() {
        let facts = [[Span(String(repeating: "a", count: 40))], [Span("b c")], [Span("d e f g h i j k l")]]
        #expect(plain(listed(facts, style: TextStyle(width: 60))).map(\.count) == [46, 17])
    }
}
