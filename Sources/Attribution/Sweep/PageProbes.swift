import MemoryModel

/// What the sweep made of a granule.
enum PageFate: Hashable {
    /// Not resident, or neither of the others.
    case other
    /// Resident, and its free bytes are `heap.fragmented`, for these live ones.
    case pinned(live: Int)
    /// Resident, and `heap.retained`.
    case retained
    /// Resident, and `heap.kept`.
    case kept
}

/// Single granules that somebody asked for before the sweep: it notes what it makes of them as it comes by.
///
/// So what samples say of a page is what the ledger says of it, and nothing is kept of the other pages.
struct PageProbes {
    /// Ascending, each once.
    private let granules: [UInt64]
    private var fates: [PageFate]
    private var next = 0
    private var residency: Residency

    init(_ granules: some Sequence<UInt64>, residency: [ResidencyRun]) {
        self.granules = Set(granules).sorted()
        fates = Array(repeating: .other, count: self.granules.count)
        self.residency = Residency(residency)
    }

    /// - Precondition: calls ascend.
    mutating func note(_ run: Granules, _ fate: PageFate) {
        while next < granules.count, granules[next] < run.lowerBound { next += 1 }
        while next < granules.count, granules[next] < run.upperBound {
            if residency.count(in: granules[next]..<granules[next] + 1).resident > 0 { fates[next] = fate }
            next += 1
        }
    }

    /// What the sweep made of a granule that was asked for.
    subscript(granule: UInt64) -> PageFate {
        let index = granules.partitioningIndex { $0 < granule }
        return index < granules.count && granules[index] == granule ? fates[index] : .other
    }
}
