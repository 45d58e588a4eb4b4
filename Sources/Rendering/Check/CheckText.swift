package import MemoryModel

extension CheckReport {
    /// For a person at a terminal; every line ends in a line feed. The first line is the answer.
    package func text(_ style: TextStyle) -> String { lines(style).text(style) }

    func lines(_ style: TextStyle) -> [StyledLine] {
        var lines: [StyledLine] = []
        if status == .within { lines += headline("OK", Ink.good.bold, summary, style) }
        for failure in failures { lines += headline("ERROR", Ink.bad.bold, failure.text(style), style) }
        let missing = unmeasured
        for judgement in missing.prefix(Self.mostTold) {
            lines += headline("ERROR", Ink.bad.bold, judgement.text(style).sentence, style)
        }
        lines += rest(missing.count, "more could not be measured")
        let exceeded = self.exceeded.sorted { $0.excess > $1.excess }
        for judgement in exceeded.prefix(Self.mostTold) { lines += finding(judgement, "FAIL", .bad, style) }
        lines += rest(exceeded.count, "more limits are exceeded")
        let improved = self.improved
        for judgement in improved.prefix(Self.mostTold) { lines += finding(judgement, "LESS", .good, style) }
        lines += rest(improved.count, "more are below the baseline")
        if status != .within, !judgements.isEmpty { lines += headline("", .plain, summary, style) }
        if status == .within || status == .improved { lines += closest(style) }
        let remarks = remarks(style)
        if !remarks.isEmpty { lines.append(StyledLine()) }
        for (index, remark) in remarks.enumerated() {
            lines += wrapped(
                [remark], columns: style.proseColumns, label: Span(index == 0 ? "notes" : "", .strong),
                indent: labelColumns, hanging: 2)
        }
        return lines
    }

    /// Findings that are told one by one; --json has all of them.
    private static let mostTold = 20
    /// Columns of the words in front of the first lines.
    private static let wordColumns = 6

    /// `1 of 12 limits is exceeded; 3 processes, 5 runs`.
    var summary: String {
        let limits = count(judgements.count, "limit", "limits")
        let scope = "\(count(processes, "process", "processes")), \(count(runs, "run", "runs"))"
        guard !judgements.isEmpty else { return updates.first?.text(TextStyle()) ?? "nothing was limited; \(scope)" }
        let parts = [
            (exceeded.count, "exceeded"), (unmeasured.count, "not measured"), (improved.count, "below the baseline"),
        ].filter { $0.0 > 0 }.map { "\($0.0.grouped) \($0.1)" }
        guard !parts.isEmpty else {
            let verb = judgements.count == 1 ? "holds" : "hold"
            return status == .within ? "\(limits) \(verb), \(scope)" : "\(limits) judged, \(scope)"
        }
        return "\(limits): \(parts.joined(separator: ", ")); \(scope)"
    }

    private func headline(_ word: String, _ ink: Ink, _ text: String, _ style: TextStyle) -> [StyledLine] {
        wrapped(
            [Span(text)], columns: style.columns, label: Span(word, ink), indent: Self.wordColumns, hanging: 2)
    }

    private func rest(_ number: Int, _ words: String) -> [StyledLine] {
        let rest = number - Self.mostTold
        guard rest > 0 else { return [] }
        return [StyledLine(String(repeating: " ", count: Self.wordColumns) + "\(rest.grouped) \(words)", .faint)]
    }

    // Findings ---------------------------------------------------------------------------------------------------

    private func finding(_ judgement: Judgement, _ word: String, _ ink: Ink, _ style: TextStyle) -> [StyledLine] {
        let text = judgement.text(style)
        var lines = headline(word, ink.bold, text.sentence, style)
        func add(_ label: String, _ text: String, _ ink: Ink = .plain) {
            let margin = String(repeating: " ", count: Self.wordColumns)
            lines += wrapped(
                [Span(text, ink)], columns: style.proseColumns, label: Span(margin + label, .strong),
                indent: Self.wordColumns + labelColumns)
        }
        let basis = text.basis + [source(judgement, style)].compactMap(\.self)
        let margin = Self.wordColumns
        if !basis.isEmpty {
            lines += wrapped([Span(basis.joined(separator: "; "), .faint)], columns: style.proseColumns, indent: margin)
        }
        for (index, site) in judgement.sites.enumerated() {
            let label = site.before == nil ? "most" : "grew"
            let before = site.before.map { $0 > 0 ? " (from \($0.text))" : " (from nothing)" } ?? ""
            add(index == 0 ? label : "", site.text(columns: 60, style: style) + before)
        }
        for remedy in judgement.remedies {
            add(remedy.kind == .now ? "then" : "for good", style.printable(remedy.action))
        }
        if judgement.outcome == .improved { add("then", "Update the baseline: --update-baseline.") }
        return lines
    }

    /// Where the limit is written.
    private func source(_ judgement: Judgement, _ style: TextStyle) -> String? {
        guard case .budget(let line) = judgement.source, let budgetFile else { return nil }
        return "\(style.printable(budgetFile.cut)):\(line)"
    }

    // What holds -------------------------------------------------------------------------------------------------

    /// The limits that are nearest to being exceeded.
    private func closest(_ style: TextStyle) -> [StyledLine] {
        let measured = judgements.filter { $0.outcome == .within && $0.use > 0 }
        let nearest = measured.sorted { $0.use > $1.use }.prefix(5)
        guard !nearest.isEmpty else { return [] }
        let hasSpread = nearest.contains { $0.runs > 1 }
        let rows = nearest.map { judgement in
            let text = judgement.text(style)
            let figures = [text.amount(judgement.value), text.shortLimit]
            return SiteRow(
                figures: figures + (hasSpread ? [text.spread ?? ""] : []),
                name: text.subject + (judgement.isLimitInSpread ? " (the limit lies inside the spread)" : ""),
                frames: [])
        }
        let headings = ["closest", "limit"] + (hasSpread ? ["spread"] : [])
        return [StyledLine()] + SiteRow.lines(rows, headings: headings, isFull: false, style: style)
    }

    // Notes ------------------------------------------------------------------------------------------------------

    private func remarks(_ style: TextStyle) -> [Span] {
        let told = judgements.isEmpty ? notes.filter { !updates.contains($0) } : notes
        return differences.map { Span($0.text(style), .warning) }
            + told.prefix(Self.mostTold).map { Span($0.text(style), .faint) }
    }

    /// What became of the baseline.
    private var updates: [Note] {
        notes.filter { if case .updated = $0 { true } else { false } }
    }
}

extension Judgement {
    /// How far above the limit, for an order: in parts of it.
    fileprivate var excess: Double { (value - limit) / max(limit.magnitude, 1) }

    /// How much of what it may be it is: 1 is the limit; against a baseline, how much of the tolerance is used.
    fileprivate var use: Double {
        guard source == .baseline, let comparison else { return limit > 0 ? value / limit : 0 }
        return comparison.tolerance > 0 ? comparison.shift / comparison.tolerance : 0
    }
}

extension FactDifference {
    func text(_ style: TextStyle) -> String { "The baseline was measured elsewhere: \(change(style))." }

    /// `cores was '2', and is '4'`.
    func change(_ style: TextStyle) -> String {
        func value(_ text: String?) -> String { text.map { "'\(style.printable($0.cut))'" } ?? "not set" }
        return "\(style.printable(name.cut)) was \(value(before)), and is \(value(now))"
    }
}

extension CheckReport.Note {
    func text(_ style: TextStyle) -> String {
        switch self {
        case .notInBaseline(let process, let moment):
            return
                "The baseline does not know \(style.printable(process.cut)) at \(style.printable(moment.description.cut)) "
                + "from five runs: --update-baseline takes it in."
        case .stillRunning(let process):
            return
                "\(style.printable(process.cut)) was still running when the command ended: its last reading was judged."
        case .uncovered(let process, let rss, let number):
            return
                "\(names(process, number, style)) ran without books (linked statically, started without LD_PRELOAD, or below "
                + "another silt run); RSS of \(rss.text) was seen, and nothing else is known."
        case .lost(let process, let number):
            return
                "\(names(process, number, style)) ended without waiting for the last reading (killed, left by a system call, "
                + "or below 10 MiB where a recording was made without --all): a peak after the last look was not seen."
        case .unread(let number):
            return "\(count(number, "process", "processes")) ended before the first reading."
        case .repeated(let number):
            return "One run was not enough to tell a change from noise: the command was run \(number) times."
        case .updated(let new, let runs, let isAnew):
            return isAnew
                ? "The baseline was begun anew with \(count(new, "run", "runs"))."
                : "The baseline was updated with \(count(new, "run", "runs")), and has \(runs)."
        }
    }

    /// One process, or several by an example.
    private func names(_ process: String, _ number: Int, _ style: TextStyle) -> String {
        let name = style.printable(process.cut)
        return number == 1 ? name : "\(number.grouped) processes, such as \(name),"
    }
}
