import MemoryModel

/// `retention`: freed pages that glibc holds, and trimming returns.
extension Evidence {
    var retentionVerdict: Verdict {
        let retained = bytes(.heapRetained)
        var remedies = [trimRemedy]
        if retainsInManyArenas { remedies.append(arenaRemedy) }
        remedies.append(thresholdRemedy)
        return verdict(
            .retention, retained,
            "\(withShare(retained)) are heap pages that the program has freed and glibc holds on to; "
                + "\(bytes(.heapLive).text) of its heap are live.\(leftSentence)\(courseSentence)",
            remedies)
    }

    /// Whether most of what is retained lies in several secondary arenas.
    private var retainsInManyArenas: Bool {
        let secondary = heap.arenas.filter { !$0.isMain && $0.retained > 0 }
        let bytes = secondary.reduce(0) { $0 + $1.retained.rawValue }
        return secondary.count >= Thresholds.manyArenas && bytes > self.bytes(.heapRetained).rawValue / 2
    }

    /// The default thresholds rise: `free` of an mmapped chunk raises the mmap threshold to its size, up to 32 MiB, and
    /// the trim threshold to twice that, until the user sets either (malloc/malloc.c, __libc_free and do_set_*).
    private var thresholdRemedy: Verdict.Remedy {
        let fixed = ByteCount.kibibytes(128)
        guard let tunables else { return setThresholds(because: "") }
        if !tunables.isDynamic, tunables.mmapThreshold <= fixed, tunables.trimThreshold <= fixed {
            return Verdict.Remedy(
                kind: .lasting,
                action: "Call malloc_trim(0) after each burst: the thresholds are already fixed at "
                    + "\(tunables.mmapThreshold.text), and what is free lies below blocks that are live.",
                predicted: nil)
        }
        guard tunables.mmapThreshold > fixed, !tunables.raisedBy.isEmpty else { return setThresholds(because: "") }
        return setThresholds(because: "; a free in \(tunables.raisedBy) raised it to \(tunables.mmapThreshold.text)")
    }

    private func setThresholds(because reason: String) -> Verdict.Remedy {
        Verdict.Remedy(
            kind: .lasting,
            action: "Set MALLOC_TRIM_THRESHOLD_=131072 and MALLOC_MMAP_THRESHOLD_=131072 in the environment before the "
                + "process starts, which also keeps glibc from raising the threshold by itself\(reason).",
            predicted: nil)
    }
}
