import MemoryModel

extension Report {
    /// What to do about too much of a quantity: what the verdict says where it is about that, else what is known to help.
    func remedies(for quantity: Quantity) -> [Verdict.Remedy] {
        let isAbout = quantity.kinds.contains(verdict.kind)
        if isAbout, !verdict.remedies.isEmpty { return verdict.remedies }
        return quantity.remedy.map { [Verdict.Remedy(kind: .lasting, action: $0, predicted: nil)] } ?? []
    }
}

extension Quantity {
    /// The verdicts that speak of it.
    fileprivate var kinds: Set<Verdict.Kind> {
        switch self {
        case .row(.heapLive), .live, .liveBlocks: [.leak, .taskHeap]
        case .row(.heapRetained), .predictedTrim: [.retention]
        case .row(.heapKept): [.threads]
        case .row(.heapFragmented), .fragmentation: [.fragmentation]
        case .free: [.retention, .threads, .fragmentation]
        case .row(.mappings): [.mappings, .python]
        case .row(.stacks): [.threads]
        case .row(.shared): [.shared]
        case .rss: [.leak, .taskHeap, .retention, .threads, .fragmentation, .mappings, .python, .shared]
        default: []
        }
    }

    fileprivate var remedy: String? {
        switch self {
        case .row(.heapLive), .live, .liveBlocks:
            "Free it earlier, or hold less of it; where it is meant to be held, raise the limit or update the baseline."
        case .row(.heapRetained), .predictedTrim, .free:
            "Call malloc_trim(0) after each burst, or set MALLOC_TRIM_THRESHOLD_=131072 and "
                + "MALLOC_MMAP_THRESHOLD_=131072 in the environment before the process starts."
        case .row(.heapKept): "Set MALLOC_ARENA_MAX=2, so that threads share arenas instead of keeping one each."
        case .row(.heapFragmented), .fragmentation:
            "Keep long-lived blocks apart from short-lived ones, such as by allocating them at the start."
        case .leaked: "Free these blocks; what is known and accepted goes into \"suppress\", as \"leak:pattern\"."
        case .row(.mappings): "Unmap what is no longer needed (munmap, or MADV_DONTNEED)."
        case .row(.stacks): "Run fewer threads at once, or give them smaller stacks (pthread_attr_setstacksize)."
        case .row, .rss: nil
        }
    }
}
