package import MemoryModel

extension Report {
    /// One reading for a person at a terminal; every line ends in a line feed.
    package func text(_ style: TextStyle) -> String {
        let facts = [
            Span("pid \(process.pid)", .faint), Span("up \(duration(process.uptimeSeconds))", .faint),
            Span(count(process.threads, "thread", "threads"), .faint), Span(allocatorText(style), .faint),
            coverage.span(style: style),
        ]
        var lines = titleLines(process.command, facts: facts, style: style)
        lines.append(StyledLine())
        lines += headline(style: style)
        lines.append(StyledLine())
        let reading = TableReading(heading: "resident", place: "now", report: self)
        lines += LedgerTable(readings: [reading], telling: 0, style: style).lines()
        lines += trendBlock(style: style)
        lines += siteBlocks(style: style)
        lines += leaks?.lines(isFull: false, style: style) ?? []
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
        let facts = [spans, verdict.headline(place: "")] + (trimPhrase.map { [[Span($0)]] } ?? [])
        return listed(facts, style: style)
    }
}

extension Verdict {
    /// The verdict as the end of a headline.
    func headline(place: String) -> [Span] {
        let figures = kind == .healthy || bytes == 0 ? "" : " \(bytes.text) (\(share.percent))"
        return [Span(kind.rawValue, ink.bold), Span(figures + (place.isEmpty ? "" : " " + place))]
    }
}

/// The command and what is to be known of the process: on one line, or on two where they do not fit.
func titleLines(_ command: [String], facts: [Span], style: TextStyle) -> [StyledLine] {
    let whole = commandText(command, style: style)
    let lines = listed([[Span(whole, .strong)]] + facts.map { [$0] }, style: style)
    if lines.count == 1 { return lines }
    let short = commandText(command, columns: style.columns, style: style)
    return [StyledLine(short, .strong)] + listed(facts.map { [$0] }, style: style)
}
