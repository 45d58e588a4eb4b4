/// Breaks prose at blanks so that no line is wider than `columns`; a figure stays with its unit, and a word that is
/// wider than a line is cut.
///
/// - Parameters:
///   - label: what stands in front of the first line.
///   - indent: the column where the text begins; the label is padded to it.
///   - hanging: how much further lines are moved in after the first.
func wrapped(
    _ spans: [Span], columns: Int, label: Span = Span(""), indent: Int = 0, hanging: Int = 0
) -> [StyledLine] {
    var lines: [StyledLine] = []
    var line = StyledLine([label, Span(String(repeating: " ", count: max(0, indent - label.text.columns)))])
    var isEmpty = true
    for var word in words(spans) {
        if !isEmpty {
            if line.columns + 1 + word.columns <= columns {
                line.append(" ", line.spans.last?.ink ?? .plain)
            } else {
                lines.append(line)
                line = StyledLine(String(repeating: " ", count: indent + hanging))
            }
        }
        while line.columns + word.columns > columns {
            let (head, rest) = word.split(at: columns - line.columns)
            line.spans += head.spans
            lines.append(line)
            line = StyledLine(String(repeating: " ", count: indent + hanging))
            word = rest
        }
        line.spans += word.spans
        isEmpty = false
    }
    return lines + [line]
}

/// Facts in a row, with the separator between them; a line breaks between two facts, not within one that fits a line.
func listed(_ facts: [[Span]], style: TextStyle) -> [StyledLine] {
    var lines: [StyledLine] = []
    for fact in facts {
        let columns = StyledLine(fact).columns
        if let last = lines.last, last.columns + style.separator.columns + columns <= style.columns {
            lines[lines.count - 1].append(style.separator, .faint)
            lines[lines.count - 1].spans += fact
        } else {
            lines += wrapped(fact, columns: style.columns)
        }
    }
    return lines
}

/// What stands behind a figure and is never parted from it.
private let units: Set<String> = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "%", "s", "min", "h", "d"]

/// The words of a text, each with the inks that it crosses.
private func words(_ spans: [Span]) -> [StyledLine] {
    var words: [StyledLine] = []
    var word = StyledLine()
    func finish() {
        guard !word.spans.isEmpty else { return }
        let bare = word.plainText.filter { !".,;:()".contains($0) }
        if units.contains(bare), let last = words.last, last.plainText.last?.isNumber == true {
            words[words.count - 1].append(" ", last.spans.last?.ink ?? .plain)
            words[words.count - 1].spans += word.spans
        } else {
            words.append(word)
        }
        word = StyledLine()
    }
    for span in spans {
        for (index, piece) in span.text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            if index > 0 { finish() }
            if !piece.isEmpty { word.append(String(piece), span.ink) }
        }
    }
    finish()
    return words
}

extension StyledLine {
    fileprivate var plainText: String { spans.reduce(into: "") { $0 += $1.text } }

    /// The first `columns` (at least one character), and the rest.
    fileprivate func split(at columns: Int) -> (StyledLine, StyledLine) {
        var head = StyledLine()
        var rest = StyledLine()
        var used = 0
        for span in spans {
            for character in span.text {
                used += character.columns
                if used <= columns || head.spans.isEmpty {
                    head.append(String(character), span.ink)
                } else {
                    rest.append(String(character), span.ink)
                }
            }
        }
        return (head, rest)
    }
}
