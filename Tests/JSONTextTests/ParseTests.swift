import JSONText
import Testing

@Suite struct `A JSON text` {
    private static func parse(_ text: String, comments: Bool = false) throws(JSONError) -> JSONNode {
        try JSONNode.parse(Array(text.utf8), comments: comments)
    }

    private static func error(_ text: String, comments: Bool = false) -> JSONError? {
        do { _ = try parse(text, comments: comments) } catch { return error }
        return nil
    }

    @Test func `is read with the line of every value`() throws {
        let root = try Self.parse(
            """
            // what a process may hold
            {
              "rss": "24 MiB", /* at
              the end */ "rows": [1, -2.5,
                true], "none": null
            }
            """, comments: true)
        #expect(root.line == 2)
        let members = try root.object()
        #expect(members.map(\.key.name) == ["rss", "rows", "none"])
        #expect(members.map(\.key.line) == [3, 4, 5])
        #expect(try root.required("rss").string() == "24 MiB")
        let rows = try root.required("rows").array()
        #expect(rows.map(\.line) == [4, 4, 5])
        #expect(try rows[0].integer() == 1 && rows[1].number() == -2.5 && rows[2].bool())
        #expect(root["none"] == nil && root["nothing"] == nil)
    }

    @Test func `of one value is whole at its end`() throws {
        #expect(try Self.parse("12").integer() == 12)
        #expect(try Self.parse("99999999999999999999").number() == 1e20)
        #expect(try Self.parse(#""\u00e9\ud83d\ude00""#).string() == "é😀")
    }

    @Test(arguments: [
        ("{\n \"a\": 1,\n}", 3), ("[1,\n2", 2), ("{} x", 1), ("", 1), ("\n\n{\"a\" 1}", 3),
        ("[1.]", 1),
    ])
    func `that is none is refused on its line`(text: String, line: Int) {
        #expect(Self.error(text)?.line == line, "\(String(describing: Self.error(text)))")
    }

    @Test func `with comments is one only where they are allowed`() {
        #expect(Self.error("[1] // one", comments: true) == nil)
        #expect(Self.error("[1] // one") != nil)
    }

    @Test func `that is nested without an end is refused`() {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(Self.error(deep) == JSONError(line: 1, "it is nested too deep"))
        let most = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(Self.error(most) == nil)
    }

    @Test func `that is no UTF-8 is refused`() {
        #expect(throws: JSONError.self) { try JSONNode.parse([0x22, 0xC3, 0x28, 0x22]) }
    }

    @Test func `says what stands where something else should`() throws {
        let root = try Self.parse("{\"a\":\n\"x\"}")
        #expect(throws: JSONError(line: 2, "a text stands where a number should")) { try root.required("a").number() }
        #expect(throws: JSONError(line: 1, "'b' is missing")) { try root.required("b") }
    }

    /// What is written is read again, for any text and any number.
    @Test func `is what was written`() throws {
        let value = object(
            ("a\"b\n\u{1b}\u{202e}", .string("\u{0}é\t\\")), ("n", .array([.integer(.min), .number(0.1), .null])))
        for pretty in [false, true] {
            let root = try Self.parse(value.text(pretty: pretty))
            let member = try #require(try root.object().first)
            #expect(member.key.name == "a\"b\n\u{1b}\u{202e}")
            #expect(try member.value.string() == "\u{0}é\t\\")
            let numbers = try root.required("n").array()
            #expect(try numbers[0].integer() == .min && numbers[1].number() == 0.1)
        }
    }
}
