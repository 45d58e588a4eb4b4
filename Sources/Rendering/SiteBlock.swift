import MemoryModel

/// One answer: what it is about in a sentence, and a row for each group.
struct SiteBlock {
    var answer: SiteAnswer
    /// Whether everything is shown: in a report only what has a hundredth of the answer, its callers on one line.
    var isFull: Bool
    var style: TextStyle

    func lines() -> [StyledLine] {
        let least = answer.estimate.value / 100
        let groups = isFull ? answer.groups : answer.groups.filter { $0.bytes.value >= least }
        let rows = groups.map { SiteRow(figures: figures($0), name: name($0), frames: $0.frames) }
        var lines = wrapped(
            [Span(sentence)], columns: style.proseColumns, label: Span(label, .strong), indent: labelColumns)
        if !rows.isEmpty { lines += SiteRow.lines(rows, headings: headings, isFull: isFull, style: style) }
        let rest = answer.groupCount - answer.groups.count
        if isFull, rest > 0 { lines.append(StyledLine("  \(rest.grouped) more; see --limit", .faint)) }
        return lines
    }

    private var label: String {
        switch answer.question {
        case .holds: "held by"
        case .pins: "pinned by"
        case .left: "left by"
        }
    }

    /// The exact total, what the samples make of it, and how far that goes.
    private var sentence: String {
        var sentence = answer.total.text
        switch answer.question {
        case .holds: sentence += " live"
        case .pins: sentence += " of free bytes"
        case .left: sentence += " of free pages"
        }
        guard answer.samples > 0 else { return sentence + "; no sample lies there" }
        sentence += "; \(count(answer.samples, "sample", "samples"))"
        sentence += " \(answer.samples == 1 ? "says" : "say") \(answer.estimate.bytes.text)"
        if answer.estimate.error > 0 { sentence += " \(error(answer.estimate))" }
        if answer.withoutStack.value > 0 { sentence += ", \(answer.shareWithoutStack.percent) without a stack" }
        return sentence
    }

    private var headings: [String] {
        switch answer.question {
        case .holds: ["live", "error", "blocks"]
        case .pins: ["pinned", "error", "by live"]
        case .left: ["left", "error"] + (hasKept ? ["kept"] : []) + ["freed"]
        }
    }

    private var hasKept: Bool { answer.groups.contains { ($0.kept?.value ?? 0) > 0 } }

    private func figures(_ group: SiteGroup) -> [String] {
        let figures = [group.bytes.bytes.text, error(group.bytes)]
        switch answer.question {
        case .holds: return figures + [group.blocks.value.grouped]
        case .pins: return figures + [group.live?.bytes.text ?? ""]
        case .left:
            let kept = hasKept ? [group.kept?.bytes.text ?? ""] : []
            return figures + kept + [group.freed.map { "\($0.medianSeconds.secondsText) ago" } ?? ""]
        }
    }

    private func error(_ estimate: Estimate) -> String { "\(style.plusMinus) \(estimate.errorBytes.text)" }

    private func name(_ group: SiteGroup) -> String {
        guard group.name.isEmpty else { return style.printable(group.name.cut) }
        return group.frames.isEmpty ? "(no stack)" : ""
    }
}

/// A row of an answer: its figures, and whom it is about.
struct SiteRow {
    /// One for each heading.
    var figures: [String]
    /// Empty where the first frame is the name.
    var name: String
    var frames: [Frame]

    /// All rows under their headings, which stand over the figures.
    static func lines(_ rows: [SiteRow], headings: [String], isFull: Bool, style: TextStyle) -> [StyledLine] {
        let widths = headings.indices.map { index in
            ([headings[index]] + rows.map { $0.figures[index] }).map(\.columns).max() ?? 0
        }
        func figures(_ cells: [String], _ inks: (Int) -> Ink) -> StyledLine {
            var line = StyledLine()
            for (index, cell) in cells.enumerated() {
                let blanks = String(repeating: " ", count: widths[index] - cell.columns + 2)
                line.append(blanks)
                line.append(cell, inks(index))
            }
            line.append("  ")
            return line
        }
        return [figures(headings) { _ in .faint }]
            + rows.flatMap { row in
                row.lines(figures(row.figures) { $0 == 0 ? .plain : .faint }, isFull: isFull, style: style)
            }
    }

    /// The row itself, and the callers in one line, or in as many as it takes.
    private func lines(_ figures: StyledLine, isFull: Bool, style: TextStyle) -> [StyledLine] {
        let indent = figures.columns
        let room = style.columns - indent
        var first = figures
        var callers = frames
        if name.isEmpty, let frame = callers.first {
            first.append(frame.text(columns: room, style: style), .strong)
            callers.removeFirst()
        } else {
            first.append(name.middleShortened(to: room, ellipsis: style.ellipsis), .strong)
        }
        guard isFull else {
            let chain = callers.prefix(3).map { "\(style.caller) \($0.text(columns: 40, style: style))" }
            guard !chain.isEmpty else { return [first] }
            let text = chain.joined(separator: " ").shortened(to: room, ellipsis: style.ellipsis)
            return [first, below(text, indent)]
        }
        let arrow = style.caller + " "
        return [first]
            + callers.map { below(arrow + $0.text(columns: room - arrow.columns, style: style), indent) }
    }

    private func below(_ text: String, _ indent: Int) -> StyledLine {
        StyledLine([Span(String(repeating: " ", count: indent)), Span(text, .faint)])
    }
}

extension TextStyle {
    fileprivate var plusMinus: String { unicode ? "±" : "+-" }
    /// In front of whoever called what stands above it.
    fileprivate var caller: String { unicode ? "←" : "<-" }
}
