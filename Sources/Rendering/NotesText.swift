import MemoryModel

extension Report {
    /// What has to be known beside the ledger, a paragraph each.
    ///
    /// - Parameter siteNotes: What has to be known of the answers, where they are another reading's.
    func noteLines(siteNotes: [Span]? = nil, style: TextStyle) -> [StyledLine] {
        let missing = coverage.degraded.map { Span(degradation($0, style: style), .warning) }
        let notes =
            missing
            + [untouchedNote, movedNote, trimNote, forkNote, freeRunsNote, tunablesNote(style: style)]
            .compactMap { $0.map { Span($0, .faint) } } + (siteNotes ?? self.siteNotes(style: style))
        return notes.enumerated().flatMap { index, note in
            wrapped(
                [note], columns: style.proseColumns, label: Span(index == 0 ? "notes" : "", .strong),
                indent: labelColumns, hanging: 2)
        }
    }

    /// Less than a MiB is in every process, and explains nothing.
    private var untouchedNote: String? {
        guard heap.untouched >= .mebibytes(1) else { return nil }
        return "\(heap.untouched.text) of the live heap (\(heap.live.text) in "
            + "\(count(heap.liveBlocks, "block", "blocks"))) is on pages that were never touched or are swapped out: "
            + "not resident, so in no row."
    }

    private var movedNote: String? {
        guard reading.moved > 0 else { return nil }
        return "\(reading.moved.text) of the heap changed hands during the \(duration(reading.seconds)) of the reading"
            + (reading.stopped ? "." : ", as the process was not stopped.")
    }

    /// Only where the prediction is vague: an interval wider than 1 % of its upper end.
    private var trimNote: String? {
        let (low, high) = (heap.predictedTrimRange.lowerBound, heap.predictedTrimRange.upperBound)
        guard (high - low).rawValue > high.rawValue / 100 else { return nil }
        let interval = low > 0 ? "between \(low.text) and \(high.text)" : "at most \(high.text)"
        let guess = heap.predictedTrim > 0 ? heap.predictedTrim.text : "nothing"
        return "malloc_trim(0) would return \(interval); the best guess is \(guess)."
    }

    /// RSS counts a page in every process that maps it.
    private var forkNote: String? {
        guard let parent = process.forkedFrom, heap.predictedTrim > 0 else { return nil }
        return "Forked from process \(parent): pages that the two still share count here, and giving them back "
            + "frees no memory of the machine."
    }

    /// The other meaning of fragmentation: free, but in pieces too short for large requests.
    private var freeRunsNote: String? {
        let idle = bytes(.heapFragmented) + bytes(.heapRetained)
        let total = heap.freeRuns.reduce(ByteCount(0)) { $0 + $1.bytes }
        guard idle.share(of: rss) > 0.1, total > 0 else { return nil }
        let short = heap.freeRuns.filter { $0.upTo.map { $0 <= .mebibytes(1) } ?? false }
            .reduce(ByteCount(0)) { $0 + $1.bytes }
        guard short.share(of: total) > 0.1 else { return nil }
        return
            "Of \(total.text) in runs of free pages, \(short.share(of: total).percent) lie in runs of 1 MiB or less: "
            + "too short for a larger request."
    }

    private func tunablesNote(style: TextStyle) -> String? {
        guard let tunables else { return nil }
        var note =
            "In effect: mmap threshold \(tunables.mmapThreshold.text), trim threshold "
            + "\(tunables.trimThreshold.text), "
        if !tunables.raisedBy.isEmpty {
            note += "raised by a free in \(style.printable(tunables.raisedBy))"
            note += tunables.isDynamic ? " and still dynamic." : ", since fixed."
        } else {
            note += tunables.isDynamic ? "both dynamic." : "both fixed by a setting."
        }
        if tunables.trimCalls > 0 {
            note += " The program called malloc_trim \(count(tunables.trimCalls, "time", "times"))."
        }
        return note
    }
}
