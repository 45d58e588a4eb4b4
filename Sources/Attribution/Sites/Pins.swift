import MemoryModel

/// Who pins it: the free bytes of each page are divided among its live blocks by their bytes on it.
///
///     y = Σ over the block's pages g of   bytes on g · (4096 - live(g)) / live(g)
///
/// The blocks' bytes on a page add up to live(g), so over all blocks Σ y = Σ (4096 - live(g)): `heap.fragmented`, where
/// the pages are those that the sweep counts there.
extension SampledBlocks {
    func pinning(_ probes: PageProbes) -> [Share] {
        live.compactMap { sample in
            let granules = sample.range.granules
            var pinned = sample.pinned(on: granules.lowerBound, probes)
            if granules.count > 1 { pinned += sample.pinned(on: granules.upperBound - 1, probes) }
            guard pinned > 0 else { return nil }
            return Share(
                sample: sample, probability: samplingProbability(of: sample.bytes, mean: heap.mean), bytes: pinned)
        }
    }
}

/// What the books say of the error of "who pins", whatever was sampled.
///
/// Small blocks that are alone on a page are rarely sampled and of great weight, so of few samples none may be one, and
/// their own variance does not know. But all pages are known. With m the mean distance, and c ≪ m,
///
///     Var = Σ y² (1 - p) / p ≤ Σ y² m / c ≤ m · Σ over pages g of (4096 - live(g))² / live(g)
///
/// as y/c is a mean of free/live over the pages that the block is on, weighted by its bytes there: its square is at most
/// the mean of the squares, and equal where it lies on one page. The total being known as well, so is how many equal
/// samples would be as far off: total² / Var. From a hundred on the samples speak for themselves.
struct PinnedSpread {
    /// Of the whole answer.
    private let variance: Double
    private let total: Double
    private static let enough = 100.0

    /// - Parameters:
    ///   - squares: Σ (4096 - live)² / live over the pages that are pinned.
    ///   - total: Σ (4096 - live).
    init(squares: Double, total: ByteCount, mean: Int) {
        // (1 - p) / p is less than m / c by the more, the larger the block: at least as much as for the smallest chunk
        // (malloc/malloc.c, MINSIZE).
        let smallest = 32 / Double(max(mean, 1))
        let p = complementOfExponential(smallest)
        variance = mean > 1 ? squares * Double(mean) * smallest * (1 - p) / p : 0
        self.total = Double(total.rawValue)
    }

    /// The error of the whole answer.
    var error: Double { error(of: total) }

    /// The error of a part of the answer whose pages are like the others.
    func error(of part: Double) -> Double {
        guard part > 0, total * total < Self.enough * variance else { return 0 }
        return 2 * (variance * min(1, part / total)).squareRoot()
    }
}

extension HeapSample {
    fileprivate func pinned(on granule: UInt64, _ probes: PageProbes) -> Double {
        guard case .pinned(let live) = probes[granule], live > 0 else { return 0 }
        let page = AddressRange(start: Granule(granule).start, end: Granule(granule).end)
        // More than the page's live bytes: the page's counter and the sample were read at different times.
        let own = min(range.intersection(page).count.rawValue, live)
        return Double(own) * Double(granuleBytes - live) / Double(live)
    }
}
