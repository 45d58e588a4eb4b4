import MemoryModel

/// Who left it: the points of freed blocks that lie on pages which the sweep counts as retained or kept.
///
/// Of a block of c bytes with n points, h of them on such pages, c·h/n bytes count. Where n > 1 the points also tell how
/// far that is off: their number on such pages is binomial at the most (they are drawn evenly, each by itself), so
///
///     v = c² · (h/n) (1 - h/n) / (n - 1)
///
/// is an unbiased estimate of the variance of c·h/n. One point can't tell: v = 0, which is right where the whole block
/// has one fate, as it has but for large ones.
extension SampledBlocks {
    func leaving(_ probes: PageProbes) -> [Share] {
        var blocks: [FreedBlock] = []
        var open: [HeapSample: Int] = [:]
        for sample in left {
            // The points of a block are alike but for their places; one that is complete is followed by the next.
            var key = sample
            key.address = Address(0)
            let index = open[key] ?? blocks.endIndex
            if index == blocks.endIndex { blocks.append(FreedBlock(sample: sample)) }
            blocks[index].add(probes[sample.address.granule.index])
            open[key] = blocks[index].seen < sample.points ? index : nil
        }
        return blocks.compactMap { $0.share(mean: heap.mean) }
    }
}

/// A freed block, by its points.
private struct FreedBlock {
    var sample: HeapSample
    var seen = 0
    var retained = 0
    var kept = 0

    mutating func add(_ fate: PageFate) {
        seen += 1
        if fate == .retained { retained += 1 }
        if fate == .kept { kept += 1 }
    }

    func share(mean: Int) -> Share? {
        guard retained + kept > 0 else { return nil }
        let bytes = Double(sample.bytes.rawValue)
        let points = Double(sample.points)
        func variance(_ hits: Int) -> Double {
            guard sample.points > 1 else { return 0 }
            let part = Double(hits) / points
            return bytes * bytes * part * (1 - part) / (points - 1)
        }
        let part = Double(retained + kept) / points
        return Share(
            sample: sample, probability: samplingProbability(of: sample.bytes, mean: mean), bytes: bytes * part,
            ownVariance: variance(retained + kept), blocks: part, kept: bytes * Double(kept) / points,
            keptVariance: variance(kept))
    }
}
