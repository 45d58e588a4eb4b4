package import MemoryModel

extension Report {
    /// The code whose memory grows, in full, for a person at a terminal; every line ends in a line feed.
    package func leaksText(_ style: TextStyle) -> String {
        let facts = [Span("pid \(process.pid)", .faint), Span("RSS \(rss.text)"), coverage.span(style: style)]
        var lines = titleLines(process.command, facts: facts, style: style)
        if let leaks {
            lines += leaks.lines(isFull: true, style: style)
            lines += [StyledLine()] + wrapped([Span(leaks.closing)], columns: style.proseColumns)
        }
        let notes = siteNotes(style: style) + missingBooks(style: style)
        if !notes.isEmpty { lines.append(StyledLine()) }
        for (index, note) in notes.enumerated() {
            lines += wrapped(
                [note], columns: style.proseColumns, label: Span(index == 0 ? "notes" : "", .strong),
                indent: labelColumns, hanging: 2)
        }
        return lines.text(style)
    }
}

extension LeakReport {
    /// What was looked at, and what the words do not say.
    fileprivate var closing: String {
        guard !isTooEarly else {
            return "\(duration(seconds)) are too short to tell what grows; ask again when \(duration(leastSeconds)) "
                + "have passed."
        }
        let judged = "\(count(self.judged, "site", "sites")) judged over \(duration(seconds))"
        guard groupCount > 0 else { return "\(judged): nothing grows beyond its error." }
        var text = "\(judged). A cache that fills, a queue and a leak all grow: whether anything still points to what "
        text += "is held, growth cannot tell."
        let rest = groupCount - groups.count
        return rest > 0 ? text + " \(rest.grouped) more; see --limit." : text
    }
}
