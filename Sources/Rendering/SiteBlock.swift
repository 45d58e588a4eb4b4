import MemoryModel

/// One answer: what it is about in a sentence, and a row for each group.
struct SiteBlock {
    var answer: SiteAnswer
    /// Whether everything is shown: in a report only what has a hundredth of the answer, its callers on one line.
    var isFull: Bool
    /// Of which reading it is, where there are several: `at exit`.
    var place = ""
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

    var label: String {
        switch answer.question {
        case .holds: "held by"
        case .pins: "pinned by"
        case .left: "left by"
        }
    }

    /// The exact total, what the samples make of it, and how far that goes.
    var sentence: String {
        var sentence = answer.total.text
        switch answer.question {
        case .holds: sentence += " live"
        case .pins: sentence += " of free bytes"
        case .left: sentence += " of free pages"
        }
        if !place.isEmpty { sentence += " " + place }
        guard answer.samples > 0 else { return sentence + "; no sample lies there" }
        sentence += "; \(count(answer.samples, "sample", "samples"))"
        sentence += " \(answer.samples == 1 ? "says" : "say") \(answer.estimate.bytes.text)"
        if answer.estimate.error > 0 { sentence += " \(error(answer.estimate))" }
        if answer.withoutStack.value > 0 { sentence += ", \(answer.shareWithoutStack.percent) without a stack" }
        return sentence
    }

    var headings: [String] {
        switch answer.question {
        case .holds: ["live", "error", "blocks"]
        case .pins: ["pinned", "error", "by live"]
        case .left: ["left", "error"] + (hasKept ? ["kept"] : []) + ["freed"]
        }
    }

    private var hasKept: Bool { answer.groups.contains { ($0.kept?.value ?? 0) > 0 } }

    func figures(_ group: SiteGroup) -> [String] {
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

    func name(_ group: SiteGroup) -> String {
        guard group.name.isEmpty else { return style.printable(String(group.name.prefix(200))) }
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

    /// Columns that a name needs to be one; where there are fewer beside the figures it goes below them.
    private static let fairName = 28

    /// All rows under their headings, which stand over the figures.
    static func lines(_ rows: [SiteRow], headings: [String], isFull: Bool, style: TextStyle) -> [StyledLine] {
        let widths = headings.indices.map { index in
            ([headings[index]] + rows.map { $0.figures[index] }).map(\.columns).max() ?? 0
        }
        func figures(_ cells: [String], _ inks: (Int) -> Ink) -> StyledLine {
            var line = StyledLine()
            for (index, cell) in cells.enumerated() {
                line.append(String(repeating: " ", count: widths[index] - cell.columns + 2))
                line.append(cell, inks(index))
            }
            return line
        }
        return [figures(headings) { _ in .faint }]
            + rows.flatMap { row in
                row.lines(figures(row.figures) { $0 == 0 ? .plain : .faint }, isFull: isFull, style: style)
            }
    }

    /// The row itself, and the callers in one line, or in as many as it takes.
    private func lines(_ figures: StyledLine, isFull: Bool, style: TextStyle) -> [StyledLine] {
        let isBeside = style.columns - figures.columns - 2 >= Self.fairName
        let indent = isBeside ? figures.columns + 2 : 4
        let room = style.columns - indent
        func line(_ text: String, _ ink: Ink) -> StyledLine {
            StyledLine([Span(String(repeating: " ", count: indent)), Span(text, ink)])
        }
        var callers = frames[...]
        let title =
            name.isEmpty
            ? callers.popFirst()?.text(columns: room, style: style) ?? ""
            : name.middleShortened(to: room, ellipsis: style.ellipsis)
        var lines = isBeside ? [figures] : [figures, line(title, .strong)]
        if isBeside { lines[0].spans += [Span("  "), Span(title, .strong)] }
        let arrow = style.caller + " "
        if isFull {
            lines += callers.map { line(arrow + $0.text(columns: room - arrow.columns, style: style), .faint) }
        } else if !callers.isEmpty {
            let chain = callers.prefix(3).map { arrow + $0.text(columns: Self.shortCaller, style: style) }
            lines.append(line(chain.joined(separator: " ").shortened(to: room, ellipsis: style.ellipsis), .faint))
        }
        return lines
    }

    /// Columns of one of several callers on a line.
    private static let shortCaller = 40
}

extension TextStyle {
    var plusMinus: String { unicode ? "±" : "+-" }
    /// In front of whoever called what stands above it.
    fileprivate var caller: String { unicode ? "←" : "<-" }
}
