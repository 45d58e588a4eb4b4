package import MemoryModel

extension Report {
    /// One answer in full, for a person at a terminal; every line ends in a line feed.
    package func text(_ question: SiteAnswer.Question, _ style: TextStyle) -> String {
        let facts = [Span("pid \(process.pid)", .faint), Span("RSS \(rss.text)"), coverage.span(style: style)]
        var lines = titleLines(process.command, facts: facts, style: style)
        if let sites, sites.mean > 0 {
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
    func missingBooks(style: TextStyle) -> [Span] {
        guard sites == nil else { return [] }
        return coverage.degraded.map { Span(degradation($0, style: style), .warning) }
    }

    /// The answers that are worth a block in a report: those on at least a hundredth of RSS.
    ///
    /// - Parameter place: Of which reading they are, where there are several: `at exit`.
    func siteBlocks(place: String = "", style: TextStyle) -> [StyledLine] {
        tellingAnswers.flatMap { answer in
            [StyledLine()] + SiteBlock(answer: answer, isFull: false, place: place, style: style).lines()
        }
    }

    /// The answers to questions that are worth one in this process.
    var tellingAnswers: [SiteAnswer] {
        guard let sites else { return [] }
        return SiteAnswer.Question.allCases.map { sites[$0] }
            .filter { $0.samples > 0 && $0.total.share(of: rss) >= 0.01 }
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
            Span(siteDegradation(identifier, style: style), identifier == "sampling-off" ? .faint : .warning)
        }
        let isSilent = SiteAnswer.Question.allCases.allSatisfy { sites[$0].samples == 0 }
        if sites.mean > 0, isSilent, sites.degraded.isEmpty {
            notes.append(
                Span(
                    "No allocation was sampled yet, so no code is named: about one in \(ByteCount(sites.mean).text) is; "
                        + "SILT_SAMPLE=BYTES sets another distance.", .faint))
        }
        return notes
    }

    private func siteDegradation(_ identifier: String, style: TextStyle) -> String {
        switch identifier {
        case "sampling-off" where coverage.degraded.contains("confined"):
            "Nothing was sampled, so no code is named: the process has confined itself by a seccomp filter."
        case "samples-full":
            "More sampled blocks than the books have room for: \(sites?.dropped.grouped ?? "some") are in no estimate. "
                + "A larger SILT_SAMPLE takes fewer."
        default:
            siteDegradations[identifier] ?? style.printable(identifier.cut)
        }
    }
}

/// One sentence for every other identifier of ``SiteReport/degraded``.
let siteDegradations = [
    "sampling-off": "Nothing was sampled, so no code is named: the process was started with SILT_SAMPLE=0.",
    "no-unwinder": "Samples have no stacks, so no code is named: libunwind.so.8 is missing where the process runs; "
        + "install it there (Debian: libunwind8).",
    "unwinder-unsafe": "Samples have no stacks, so no code is named: the allocator is not glibc's, and may wait for a "
        + "lock that it holds itself when a stack is taken.",
    "unwinder-stopped": "Samples have had no stacks since the program took over the descriptors that libunwind needs: "
        + "let it close only those that it opened.",
    "stacks-full": "More different stacks than the books have room for: what was allocated by the rest has no name. "
        + "A larger SILT_SAMPLE takes fewer.",
    "frames-full": "The stacks have more frames than silt reads: what was allocated by the rest has no name. "
        + "A larger SILT_SAMPLE takes fewer.",
    "python-unknown": "The layout of this Python's frames is not known: its native frames are shown instead. "
        + "From Python 3.12 on, python3 -X perf has names.",
    "samples-damaged": "Some samples contradict themselves and were not used: read the process again, with --stop.",
]
