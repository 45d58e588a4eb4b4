import MemoryModel

/// Who is resident: `y` is what lies of the block on resident pages.
///
/// The bytes of all live blocks on a page add up to its live bytes, so over all blocks Σ y is `heap.live`.
extension SampledBlocks {
    func residing(_ runs: [ResidencyRun]) -> [Share] {
        var residency = Residency(runs)
        return live.sorted { $0.address < $1.address }.compactMap { sample in
            let bytes = sample.resident(&residency)
            guard bytes > 0 else { return nil }
            return Share(
                sample: sample, probability: samplingProbability(of: sample.bytes, mean: heap.mean),
                bytes: Double(bytes))
        }
    }
}

extension HeapSample {
    /// The pages at its ends may hold other blocks as well; those between are its own.
    fileprivate func resident(_ residency: inout Residency) -> Int {
        let granules = range.granules
        let last = granules.upperBound - 1
        var bytes = part(on: granules.lowerBound, &residency)
        if granules.count > 2 {
            bytes += residency.count(in: granules.lowerBound + 1..<last).resident * granuleBytes
        }
        return granules.count > 1 ? bytes + part(on: last, &residency) : bytes
    }

    private func part(on granule: UInt64, _ residency: inout Residency) -> Int {
        guard residency.count(in: granule..<granule + 1).resident > 0 else { return 0 }
        let page = AddressRange(start: Granule(granule).start, end: Granule(granule).end)
        return range.intersection(page).count.rawValue
    }
}
