import MemoryModel
import Testing

@Suite struct `Suppressions` {
    /// As TemplateMatch of compiler-rt/lib/sanitizer_common/sanitizer_common.cpp has it, and its unit test
    /// (sanitizer_suppressions_test.cpp).
    @Test(arguments: [
        ("*foo", "foobar", true), ("*foo", "barfoo", true), ("foo", "barfoobar", true), ("foo*", "foobar", true),
        ("fo*bar", "foobar", true), ("fo*ba", "fobar", true), ("f*o", "bar", false), ("^foo", "foobar", true),
        ("^foo", "barfoo", false), ("foo$", "barfoo", true), ("foo$", "foobar", false), ("^foo$", "foo", true),
        ("^foo$", "foobar", false), ("^*foo", "barfoo", true), ("foo*$", "foobar", true), ("", "anything", true),
        ("foo", "", false), ("*", "x", true), ("foo$", "foofoo", false), ("a*b*c", "xaybzcw", true),
        ("a*b*c", "acb", false),
    ])
    func `match as LeakSanitizer's do`(pattern: String, name: String, matches: Bool) {
        #expect(Suppression(pattern).matches(name) == matches, "\(pattern) in \(name)")
    }

    @Test func `are lines, with comments`() throws {
        let text = "# comment\n\n  leak:one\nleak:two three \r\n\tleak:^four*$"
        #expect(try Suppression.parse(text).map(\.pattern) == ["one", "two three", "^four*$"])
        #expect(throws: SuppressionError(line: 2)) { try Suppression.parse("leak:a\nrace:b") }
    }
}
