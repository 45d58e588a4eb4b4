import MemoryModel

/// What one sampled block has of an answer.
struct Share {
    /// The block, or what is left of it.
    var sample: HeapSample
    /// The probability that it was sampled.
    var probability: Double
    /// Bytes of what the question asks for.
    var bytes: Double
    /// The variance of `bytes` where they are estimated themselves.
    var ownVariance = 0.0
    /// How much of the block counts: 1, or the part of a freed one that is still there.
    var blocks = 1.0
    /// The part of `bytes` that trimming would not return.
    var kept = 0.0
    /// The variance of `kept`.
    var keptVariance = 0.0
}
