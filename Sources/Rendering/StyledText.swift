/// What the text is written for.
package struct TextStyle: Hashable, Sendable {
    /// Columns of the terminal; what is narrower than 60 is written for 60.
    package var width: Int
    /// Whether escape sequences for colour and weight are written.
    package var color: Bool
    /// Whether the terminal shows more than ASCII.
    package var unicode: Bool

    package init(width: Int = 80, color: Bool = false, unicode: Bool = true) {
        self.width = width
        self.color = color
        self.unicode = unicode
    }

    /// Columns that are written to.
    var columns: Int { max(60, width) }
    /// Columns of prose: longer lines are hard to read.
    var proseColumns: Int { min(columns, 96) }
    /// Between the facts of a line.
    var separator: String { unicode ? " · " : " | " }
    var ellipsis: String { unicode ? "…" : "..." }
    var arrow: String { unicode ? "→" : "->" }
    /// In front of the row that the verdict is about.
    var marker: String { unicode ? "▸" : ">" }
    var rule: String { unicode ? "─" : "-" }

    /// Text of a stranger's, safe for this terminal.
    func printable(_ text: String) -> String { text.printable(unicode: unicode) }

    /// Eighths of a column where the terminal can show them. Whatever is more than nothing shows, there.
    func bar(share: Double, columns: Int) -> String {
        let share = min(1, max(0, share))
        guard unicode else { return String(repeating: "#", count: Int((share * Double(columns)).rounded())) }
        let eighths = max(share > 0 ? 1 : 0, Int((share * Double(columns) * 8).rounded()))
        let rest = eighths % 8 == 0 ? "" : String(Array("▏▎▍▌▋▊▉")[eighths % 8 - 1])
        return String(repeating: "█", count: eighths / 8) + rest
    }
}

/// How a piece of text looks where there is colour: the parameters of its SGR sequence (ECMA-48, 8.3.117).
struct Ink: Hashable {
    var parameters: String

    static let plain = Ink(parameters: "")
    static let strong = Ink(parameters: "1")
    static let faint = Ink(parameters: "2")
    static let bad = Ink(parameters: "31")
    static let good = Ink(parameters: "32")
    static let warning = Ink(parameters: "33")
    static let neutral = Ink(parameters: "34")

    var bold: Ink { Ink(parameters: parameters.isEmpty ? "1" : "1;" + parameters) }
}

/// A piece of one line in one ink.
struct Span: Hashable {
    var text: String
    var ink: Ink

    init(_ text: String, _ ink: Ink = .plain) {
        self.text = text
        self.ink = ink
    }
}

/// One line; its width is counted before any colour.
struct StyledLine: Hashable {
    var spans: [Span]

    init(_ spans: [Span] = []) { self.spans = spans }
    init(_ text: String, _ ink: Ink = .plain) { self.spans = [Span(text, ink)] }

    var columns: Int { spans.reduce(0) { $0 + $1.text.columns } }

    mutating func append(_ text: String, _ ink: Ink = .plain) { spans.append(Span(text, ink)) }

    /// The line as it goes out, without blanks at its end.
    func text(color: Bool) -> String {
        var kept = spans
        while let last = kept.last {
            guard last.text.last == " " || last.text.isEmpty else { break }
            if last.text.isEmpty { kept.removeLast() } else { kept[kept.count - 1].text.removeLast() }
        }
        // Neighbours in one ink share one escape sequence.
        let merged = kept.reduce(into: [Span]()) { merged, span in
            if merged.last?.ink == span.ink { merged[merged.count - 1].text += span.text } else { merged.append(span) }
        }
        return merged.reduce(into: "") { text, span in
            let inked = color && span.ink != .plain && span.text.contains { $0 != " " }
            text += inked ? "\u{1B}[\(span.ink.parameters)m\(span.text)\u{1B}[0m" : span.text
        }
    }
}

extension [StyledLine] {
    /// All lines, each with its line feed.
    func text(_ style: TextStyle) -> String {
        reduce(into: "") { $0 += $1.text(color: style.color) + "\n" }
    }
}
