package import MemoryModel

extension Report {
    /// One answer in full, for a person at a terminal; every line ends in a line feed.
    package func text(_ question: SiteAnswer.Question, _ style: TextStyle) -> String {
        let facts = [Span("pid \(process.pid)", .faint), Span("RSS \(rss.text)"), coverage.span(style: style)]
        var lines = titleLines(process.command, facts: facts, style: style)
        if let sites, sites[question].samples > 0 {
            lines += [StyledLine()] + SiteBlock(answer: sites[question], isFull: true, style: style).lines()
        }
        if question == .holds { lines += mappingBlock(style: style) }
        let notes = siteNotes(style: style) + missingBooks(style: style)
        if !notes.isEmpty { lines.append(StyledLine()) }
        for (index, note) in notes.enumerated() {
            lines += wrapped(
                [note], columns: style.proseColumns, label: Span(index == 0 ? "notes" : "", .strong),
                indent: labelColumns, hanging: 2)
        }
        return lines.text(style)
    }

    /// Without books there is nothing to sample.
    private func missingBooks(style: TextStyle) -> [Span] {
        guard sites == nil else { return [] }
        return coverage.degraded.map { Span(degradation($0, style: style), .warning) }
    }

    /// The answers that are worth a block in a report: those on at least a hundredth of RSS.
    func siteBlocks(style: TextStyle) -> [StyledLine] {
        guard let sites else { return [] }
        return SiteAnswer.Question.allCases.flatMap { question -> [StyledLine] in
            let answer = sites[question]
            guard answer.samples > 0, answer.total.share(of: rss) >= 0.01 else { return [] }
            return [StyledLine()] + SiteBlock(answer: answer, isFull: false, style: style).lines()
        }
    }

    private func mappingBlock(style: TextStyle) -> [StyledLine] {
        guard let mappings = sites?.mappings, !mappings.isEmpty else { return [] }
        let total = bytes(.mappings)
        let lead = wrapped(
            [Span("\(total.text) are mappings of the program's own; of those of 1 MiB and more, exactly:")],
            columns: style.proseColumns, label: Span("mapped by", .strong), indent: labelColumns)
        let rows = mappings.map { site in
            SiteRow(figures: [site.bytes.text, site.count.grouped], name: "", frames: site.frames)
        }
        return [StyledLine()] + lead + SiteRow.lines(rows, headings: ["resident", "count"], isFull: true, style: style)
    }

    /// Why there is no name, or not for everything.
    func siteNotes(style: TextStyle) -> [Span] {
        guard let sites else { return [] }
        var notes = sites.degraded.map { identifier in
            let isChoice = identifier == "sampling-off"
            return Span(siteDegradation(identifier, style: style), isChoice ? .faint : .warning)
        }
        if sites.mean > 0, sites.holds.samples == 0, sites.degraded.isEmpty {
            notes.append(
                Span(
                    "No allocation was sampled yet, so no code is named: one in \(ByteCount(sites.mean).text) is; "
                        + "SILT_SAMPLE=BYTES sets another distance.", .faint))
        }
        if sites.dropped > 0 {
            let dropped = count(sites.dropped, "sample", "samples")
            notes.append(Span("\(dropped) found no room in the books: their blocks are in no estimate.", .warning))
        }
        return notes
    }

    private func siteDegradation(_ identifier: String, style: TextStyle) -> String {
        guard identifier == "sampling-off" else { return siteDegradations[identifier] ?? style.printable(identifier.cut) }
        return coverage.degraded.contains("confined")
            ? "Nothing was sampled, so no code is named: the process has confined itself, and samples need system calls."
            : "Nothing was sampled, so no code is named: SILT_SAMPLE=0 is set, or the books are of an older libsilt.so."
    }
}

/// One sentence for every identifier of ``SiteReport/degraded``.
private let siteDegradations = [
    "no-unwinder": "Samples have no stacks, so no code is named: libunwind.so.8 is not installed where the process runs "
        + "(Debian: libunwind8).",
    "unwinder-stopped": "Samples have no stacks since the program took over the descriptors that libunwind needs.",
    "stacks-full": "More different stacks than the books have room for: what was allocated by the rest has no name.",
    "python-unknown": "The layout of this Python's frames is not known: its native frames are shown instead.",
]
