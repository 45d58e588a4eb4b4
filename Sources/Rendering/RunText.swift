package import MemoryModel

extension ProcessRun {
    /// One process of a run, at its peak and at its last reading, for a person at a terminal.
    package func text(_ style: TextStyle) -> String { lines(style).text(style) }

    func lines(_ style: TextStyle) -> [StyledLine] {
        let telling = self.telling
        let report = readings[telling].report
        var lines = titleLines(last.process.command, facts: facts(style: style), style: style)
        lines.append(StyledLine())
        lines += headline(style: style)
        lines.append(StyledLine())
        lines += LedgerTable(readings: readings, telling: telling, style: style).lines()
        lines += last.trendBlock(style: style)
        // The samples are read with the last reading only.
        lines += last.siteBlocks(place: readings.count > 1 ? ending.place : "", style: style)
        lines.append(StyledLine())
        lines += verdicts(style: style)
        let notes = report.noteLines(siteNotes: siteNotes(style: style), style: style)
        if !notes.isEmpty { lines += [StyledLine()] + notes }
        return lines
    }

    private func siteNotes(style: TextStyle) -> [Span] {
        if last.sites != nil { return last.siteNotes(style: style) }
        guard ending == .lost, last.coverage.source == "shim" else { return [] }
        let note = "No code is named: samples are read when a process ends by itself, and this one did not."
        return [Span(note, .faint)]
    }

    /// Both readings, or one where the peak was also the last.
    private var readings: [TableReading] {
        let end = TableReading(heading: ending.heading, place: ending.place, report: last)
        let isOne = peak.ledger == last.ledger && peak.process.uptimeSeconds == last.process.uptimeSeconds
        return isOne ? [end] : [TableReading(heading: peakPlace, place: peakPlace, report: peak), end]
    }

    /// The peak is the highest of the periodic readings: the last one, which is not, may lie above it.
    private var peakPlace: String {
        last.rss > peak.rss && last.rss.text != peak.rss.text ? "earlier" : "at peak"
    }

    /// The reading that has more to say: a finding before none, then the one with more bytes at stake, then the last.
    private var telling: Int {
        guard readings.count > 1 else { return 0 }
        func weight(_ verdict: Verdict) -> ByteCount {
            switch verdict.kind {
            case .healthy, .unknown: -1
            default: verdict.bytes
            }
        }
        return weight(last.verdict) >= weight(peak.verdict) && last.verdict.kind != .healthy ? 1 : 0
    }

    /// The verdict of the reading that has more to say.
    var principal: Verdict { readings[telling].report.verdict }

    private func facts(style: TextStyle) -> [Span] {
        var facts = [Span("pid \(last.process.pid)", .faint)]
        if let parent { facts.append(Span("child of \(parent)", .faint)) }
        let time = duration(last.process.uptimeSeconds)
        switch ending {
        case .exit: facts.append(Span("exited after \(time)", .faint))
        case .exec: facts.append(Span("became another program after \(time)", .faint))
        case .lost: facts.append(Span("killed or lost: last periodic reading, after \(time)", .warning))
        case .running: facts.append(Span("still running after \(time)", .faint))
        }
        return facts + [Span(last.allocatorText(style), .faint), last.coverage.span(style: style)]
    }

    private func headline(style: TextStyle) -> [StyledLine] {
        var spans = [Span("RSS \(peak.rss.text)" + (readings.count > 1 ? " \(peakPlace)" : ""), .strong)]
        if let highWater { spans.append(Span(" (high-water mark \(highWater.text))", .faint)) }
        guard readings.count > 1 else {
            return listed([spans, last.verdict.headline(place: "")], style: style)
        }
        let end = Span("\(last.rss.text) \(ending.place)", .strong)
        let reading = readings[telling]
        return listed([spans, [end], reading.report.verdict.headline(place: reading.place)], style: style)
    }

    /// What the kernel saw, which no periodic reading can miss.
    private var highWater: ByteCount? {
        [peak.process.highWater, last.process.highWater].compactMap(\.self).max()
    }

    /// The verdict of each reading, or one where both are of one kind.
    private func verdicts(style: TextStyle) -> [StyledLine] {
        let isOver = ending != .running
        let (told, other) = (readings[telling], readings[readings.count - 1 - telling])
        guard readings.count > 1 else {
            return verdictLines(told.report.verdict, label: "verdict", isOver: isOver, style: style)
        }
        if told.report.verdict.kind == other.report.verdict.kind {
            let place = "\(told.place) (\(other.place) too)"
            return verdictLines(told.report.verdict, label: "verdict", place: place, isOver: isOver, style: style)
        }
        let first = verdictLines(told.report.verdict, label: "verdict", place: told.place, isOver: isOver, style: style)
        let second = verdictLines(
            other.report.verdict, label: "also", place: other.place, isOver: isOver,
            told: told.report.verdict.remedies.map(\.action), style: style)
        return first + [StyledLine()] + second
    }
}

extension ProcessRun.Ending {
    /// What the last reading is called in a table.
    var heading: String {
        switch self {
        case .exit: "at exit"
        case .exec: "at exec"
        case .lost: "last reading"
        case .running: "now"
        }
    }

    /// What it is called in a sentence.
    var place: String { self == .lost ? "at the last reading" : heading }
}
