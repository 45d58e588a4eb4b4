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

extension HeapSample {
    fileprivate func pinned(on granule: UInt64, _ probes: PageProbes) -> Double {
        guard case .pinned(let live) = probes[granule], live > 0 else { return 0 }
        let page = AddressRange(start: Granule(granule).start, end: Granule(granule).end)
        // More than the page's live bytes: the page's counter and the sample were read at different times.
        let own = min(range.intersection(page).count.rawValue, live)
        return Double(own) * Double(granuleBytes - live) / Double(live)
    }
}
