import MemoryModel

/// `fragmentation`: free bytes that live blocks pin.
extension Evidence {
    var fragmentationVerdict: Verdict {
        let fragmented = bytes(.heapFragmented)
        let live = bytes(.heapLive)
        return verdict(
            .fragmentation, fragmented,
            "\(withShare(fragmented)) are free bytes on heap pages that live blocks pin: "
                + "\(heap.liveBlocks) blocks hold \(live.text).\(pinsSentence)\(courseSentence)",
            [
                fragmentationTrim,
                Verdict.Remedy(
                    kind: .lasting,
                    action: "Keep long-lived blocks apart from short-lived ones, such as by allocating them at the "
                        + "start, or use an allocator that packs sizes into pages of their own (jemalloc, mimalloc): "
                        + "\(live.text) of live blocks pin \(fragmented.text).",
                    predicted: nil),
            ])
    }

    /// Trimming takes whole pages, so none of what is fragmented.
    private var fragmentationTrim: Verdict.Remedy {
        guard trimReturnsSomething else { return trimRemedy }
        return Verdict.Remedy(
            kind: .now,
            action: "Call malloc_trim(0), but expect no more than \(heap.predictedTrim.text): pinned pages stay.",
            predicted: heap.predictedTrim)
    }
}
