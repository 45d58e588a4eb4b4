package import MemoryModel

extension Report {
    /// One reading for a person at a terminal; every line ends in a line feed.
    package func text(_ style: TextStyle) -> String {
        let facts = [
            Span("pid \(process.pid)", .faint), Span("up \(duration(process.uptimeSeconds))", .faint),
            Span(count(process.threads, "thread", "threads"), .faint), Span(style.printable(allocator), .faint),
            coverage.span(style: style),
        ]
        var lines = titleLines(process.command, facts: facts, style: style)
        lines.append(StyledLine())
        lines += headline(style: style)
        lines.append(StyledLine())
        let reading = TableReading(heading: "resident", report: self)
        lines += LedgerTable(readings: [reading], telling: 0, style: style).lines()
        lines.append(StyledLine())
        lines += verdictLines(verdict, label: "verdict", isOver: false, style: style)
        let notes = noteLines(style: style)
        if !notes.isEmpty { lines += [StyledLine()] + notes }
        return lines.text(style)
    }

    /// The answer in one line: how much, why, and whether trimming helps.
    private func headline(style: TextStyle) -> [StyledLine] {
        var spans = [Span("RSS \(rss.text)", .strong)]
        if swap > 0 { spans.append(Span(" + \(swap.text) in swap")) }
        if let highWater = process.highWater, highWater > rss, highWater.text != rss.text {
            spans.append(Span(" (high-water mark \(highWater.text))", .faint))
        }
        spans += verdict.headline(place: "", style: style)
        if let trimPhrase { spans += [Span(style.separator, .faint), Span(trimPhrase)] }
        return wrapped(spans, columns: style.columns)
    }
}

extension Verdict {
    /// The verdict as the end of a headline.
    func headline(place: String, style: TextStyle) -> [Span] {
        let figures = kind == .healthy || bytes == 0 ? "" : " \(bytes.text) (\(share.percent))"
        return [
            Span(style.separator, .faint), Span(kind.rawValue, ink.bold),
            Span(figures + (place.isEmpty ? "" : " " + place)),
        ]
    }
}

/// The command and what is to be known of the process: on one line, or on two where they do not fit.
func titleLines(_ command: [String], facts: [Span], style: TextStyle) -> [StyledLine] {
    let whole = commandText(command, style: style)
    let facts = Array(facts.map { [$0] }.joined(separator: [Span(style.separator, .faint)]))
    let line = StyledLine([Span(whole, .strong), Span(style.separator, .faint)] + facts)
    if line.columns <= style.columns { return [line] }
    let short = commandText(command, columns: style.columns, style: style)
    return [StyledLine(short, .strong)] + wrapped(facts, columns: style.columns)
}
