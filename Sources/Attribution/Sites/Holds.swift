import MemoryModel

/// Who holds it: `y` is the block itself, all of its chunk, resident or not.
extension SampledBlocks {
    func holding() -> [Share] {
        live.map { sample in
            Share(
                sample: sample, probability: samplingProbability(of: sample.bytes, mean: heap.mean),
                bytes: Double(sample.bytes.rawValue))
        }
    }
}
