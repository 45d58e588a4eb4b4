/// What a budget limits and a baseline remembers: a figure of one process at one moment.
///
/// The name is the identifier in budgets, in baselines and in JSON.
package enum Quantity: Hashable, Sendable {
    /// A row of the ledger.
    case row(Cause)
    /// Resident bytes. At the peak, the kernel's high-water mark, which no periodic reading can miss.
    case rss
    /// Chunk bytes, headers included, of all live blocks, resident or not.
    case live
    case liveBlocks
    /// `heap.retained`, `heap.kept` and `heap.fragmented` together.
    case free
    /// What `malloc_trim(0)` is predicted to return.
    case predictedTrim
    /// `free` as a share of the heap's resident pages:
    ///
    ///     fragmentation = free / (heap.live + free),   0 ≤ fragmentation ≤ 1
    ///
    /// tcmalloc calls (backed - live) / live at the peak "realized fragmentation" (tcmalloc/global_stats.cc,
    /// generic.realized_fragmentation). Of that ratio r, this is r / (1 + r): 25 % there is 0.2 here.
    case fragmentation
    /// What is proved to be leaked, but for what is suppressed.
    case leaked

    package enum Unit: String, Sendable {
        case bytes
        case blocks
        /// 0…1.
        case share
    }

    package static let all: [Quantity] =
        Cause.allCases.map(Quantity.row) + [
            .rss, .live, .liveBlocks, .free, .predictedTrim, .fragmentation, .leaked,
        ]

    package init?(_ name: String) {
        guard let found = Quantity.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    package var name: String {
        switch self {
        case .row(let cause): cause.rawValue
        case .rss: "rss"
        case .live: "live"
        case .liveBlocks: "live-blocks"
        case .free: "free"
        case .predictedTrim: "predicted-trim"
        case .fragmentation: "fragmentation"
        case .leaked: "leaked"
        }
    }

    package var unit: Unit {
        switch self {
        case .liveBlocks: .blocks
        case .fragmentation: .share
        default: .bytes
        }
    }

    /// Which code is behind it; `nil` where samples do not tell.
    package var question: SiteAnswer.Question? {
        switch self {
        case .row(.heapLive), .live, .liveBlocks, .leaked, .rss: .holds
        case .row(.heapRetained), .row(.heapKept), .predictedTrim, .free: .left
        case .row(.heapFragmented), .fragmentation: .pins
        case .row: nil
        }
    }
}
