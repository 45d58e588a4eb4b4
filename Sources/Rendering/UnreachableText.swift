package import MemoryModel

extension UnreachableReport {
    /// The proof for a person at a terminal; every line ends in a line feed.
    package func text(_ style: TextStyle) -> String { lines(style).text(style) }

    func lines(_ style: TextStyle) -> [StyledLine] {
        let facts = [Span("pid \(process.pid)", .faint), Span("held for \(duration(heldSeconds))", .faint)]
        var lines = titleLines(process.command, facts: facts, style: style)
        lines += [StyledLine()] + verdictLines(style)
        if !groups.isEmpty { lines += [StyledLine()] + groupLines(style) }
        let notes = notes(style)
        if !notes.isEmpty { lines.append(StyledLine()) }
        for (index, note) in notes.enumerated() {
            lines += wrapped(
                [note], columns: style.proseColumns, label: Span(index == 0 ? "notes" : "", .strong),
                indent: labelColumns, hanging: 2)
        }
        return lines
    }

    // The verdict ------------------------------------------------------------------------------------------------

    private func verdictLines(_ style: TextStyle) -> [StyledLine] {
        let leaked = leaked
        let head =
            leaked.blocks == 0
            ? [Span("nothing leaked", Ink.good.bold)]
            : [Span("leak", Ink.bad.bold), Span(", \(leaked.bytes.text) in \(blocks(leaked.blocks)), proved")]
        var lines = wrapped(head, columns: style.proseColumns, label: Span("verdict", .strong), indent: labelColumns)
        lines += wrapped([Span(summary(style))], columns: style.proseColumns, indent: labelColumns)
        return lines
    }

    /// What is leaked and where it was allocated, or how far the proof goes.
    private func summary(_ style: TextStyle) -> String {
        guard let largest = groups.first else {
            return isComplete
                ? "Something in the process leads to each of its \(blocks(live.blocks))."
                : "Of the \(blocks(live.blocks)), \(decidedShare.percentOfNotAll) could be decided, and something leads to these."
        }
        var text = "Nothing in the process leads to them any more, so it can neither use nor free them."
        let place = largest.siteFrames.first.map { $0.text(columns: 200, style: style) } ?? "code without a stack"
        let share = largest.tally.bytes.share(of: leaked.bytes)
        text += share > 0.9995 ? " All was allocated by \(place)." : " \(share.percent) was allocated by \(place)."
        return text
    }

    private func blocks(_ number: Int) -> String { count(number, "block", "blocks") }

    // The groups -------------------------------------------------------------------------------------------------

    private static let mostGroups = 50
    /// Of ``Group/figures``.
    static let headings = ["leaked", "blocks", "leak"]

    private func groupLines(_ style: TextStyle) -> [StyledLine] {
        let rows = groups.prefix(Self.mostGroups).map { group in
            SiteRow(
                figures: group.figures, name: group.frames.isEmpty ? "(no stack)" : "", frames: Array(group.siteFrames))
        }
        var lines = SiteRow.lines(rows, headings: Self.headings, isFull: true, style: style)
        let rest = groups.count - rows.count
        if rest > 0 { lines.append(StyledLine("  \(rest.grouped) more; --json has them all", .faint)) }
        return lines
    }

    // Notes ------------------------------------------------------------------------------------------------------

    private func notes(_ style: TextStyle) -> [Span] {
        var notes: [Span] = []
        if indirect.blocks > 0 {
            notes.append(
                Span(
                    "\(indirect.bytes.text) of it \(indirect.blocks == 1 ? "is" : "are") indirect: only leaked blocks "
                        + "lead there, and with the direct ones they would be freed.", .faint))
        }
        if !isComplete {
            notes.append(
                Span(
                    "\(decidedShare.percentOfNotAll) of the \(blocks(live.blocks)) that are live could be decided. What is not "
                        + "known counts as leading anywhere, so there may be more leaks than these.", .warning))
        }
        for item in suppressed {
            notes.append(
                Span(
                    "Suppressed by \(style.printable(item.pattern.cut)): \(item.tally.bytes.text) in "
                        + "\(blocks(item.tally.blocks)).", .faint))
        }
        if further.blocks > 0 {
            notes.append(
                Span("\(further.bytes.text) in \(blocks(further.blocks)) more were leaked elsewhere.", .warning))
        }
        return notes + degraded.map { Span(unreachableDegradation($0, style: style), .warning) }
    }
}

extension UnreachableReport.Group {
    var figures: [String] { [tally.bytes.text, tally.blocks.grouped, isDirect ? "direct" : "indirect"] }
}

private func unreachableDegradation(_ identifier: String, style: TextStyle) -> String {
    unreachableDegradations[identifier] ?? siteDegradations[identifier] ?? degradation(identifier, style: style)
}

/// One sentence for every identifier of ``UnreachableReport/degraded`` that is a proof's own.
private let unreachableDegradations = [
    "sampled": "Only a sample of the blocks is known: start the process with SILT_SAMPLE=1 to have all of them proved.",
    "samples-full": "More blocks than the books have room for: set SILT_DIR to a directory on a tmpfs with more room, "
        + "32 bytes a block.",
    "blocks-unknown": "Some blocks are older than the books, or were missed by them.",
    "blocks-damaged": "Some blocks cannot be where the books have them: these were not used.",
    "memory-unreadable-in-part": "Part of the memory could not be read: what only that leads to is called leaked here.",
    "arena-unknown": "The allocator's own data was not found among libc's: what it leads to counts as reachable.",
    "suppressions-unknown":
        "__lsan_default_suppressions of the program returns no constant text of suppressions: it was not used. Put "
        + "the patterns into a file, and give it with --suppressions.",
]

extension LeakRun {
    /// Every process of the command for a person at a terminal.
    package func text(_ style: TextStyle) -> String {
        guard !processes.isEmpty else { return "No process with libsilt.so in it came to its end.\n" }
        var lines: [StyledLine] = []
        for (index, process) in processes.enumerated() {
            if index > 0 {
                let rule = StyledLine(String(repeating: style.rule, count: style.columns), .faint)
                lines += [StyledLine(), rule, StyledLine()]
            }
            switch process {
            case .proved(let report): lines += report.lines(style)
            case .failed(let facts, let reason):
                lines += titleLines(facts.command, facts: [Span("pid \(facts.pid)", .faint)], style: style)
                lines += [StyledLine()]
                lines += wrapped(
                    [Span("no proof", Ink.warning.bold), Span(": " + style.printable(reason))],
                    columns: style.proseColumns, label: Span("verdict", .strong), indent: labelColumns)
            }
        }
        return lines.text(style)
    }
}
