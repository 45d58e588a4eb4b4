import MemoryModel

/// Who left it: the points of freed blocks that lie on pages which the sweep counts as retained or kept.
///
/// Of a block of c bytes with n points, h of them on such pages, c·h/n bytes count. Where n > 1 the points also tell how
/// far that is off. Drawn each by itself, their number would be binomial, and
///
///     v = c² · (h/n) (1 - h/n) / (n - 1)
///
/// an unbiased estimate of the variance of c·h/n; drawn one in each of n equal parts, as they are, it is at most that.
/// One point can't tell: v = 0, which is right where the whole block has one fate.
extension SampledBlocks {
    func leaving(_ probes: PageProbes) -> [Share] {
        var blocks: [FreedBlock] = []
        var open: [HeapSample: Int] = [:]
        for sample in left.sorted(by: { $0.address < $1.address }) {
            // The points of a block are alike but for their places. So may be those of another block: the clock is
            // coarse. Further points than a block has, or than its bytes reach, are the next one's.
            var key = sample
            key.address = Address(0)
            let index = open[key].flatMap { blocks[$0].mayHold(sample) ? $0 : nil } ?? blocks.endIndex
            if index == blocks.endIndex { blocks.append(FreedBlock(first: sample)) }
            blocks[index].add(probes[sample.address.granule.index])
            open[key] = index
        }
        return blocks.compactMap { $0.share(mean: heap.mean) }
    }
}

/// A freed block, by its points.
private struct FreedBlock {
    /// The point that lies lowest.
    var first: HeapSample
    var seen = 0
    var retained = 0
    var kept = 0

    func mayHold(_ sample: HeapSample) -> Bool {
        seen < first.points && sample.address - first.address < first.bytes
    }

    mutating func add(_ fate: PageFate) {
        seen += 1
        if fate == .retained { retained += 1 }
        if fate == .kept { kept += 1 }
    }

    func share(mean: Int) -> Share? {
        guard retained + kept > 0 else { return nil }
        let bytes = Double(first.bytes.rawValue)
        let points = Double(first.points)
        func variance(_ hits: Int) -> Double {
            guard first.points > 1 else { return 0 }
            let part = Double(hits) / points
            return bytes * bytes * part * (1 - part) / (points - 1)
        }
        let part = Double(retained + kept) / points
        return Share(
            sample: first, probability: samplingProbability(of: first.bytes, mean: mean), bytes: bytes * part,
            ownVariance: variance(retained + kept), blocks: part, kept: bytes * Double(kept) / points,
            keptVariance: variance(kept))
    }
}
