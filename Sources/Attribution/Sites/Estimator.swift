import MemoryModel

/// Estimates a sum over all blocks from those that were sampled (Horvitz, Thompson 1952; ``Sampling`` derives it):
///
///     total ≈ Σ y / p          variance ≈ Σ (1 - p) / p² · y²   (+ Σ v / p where y itself is estimated)
///
/// where `p` is the probability of a sample, `y` what the block has of the sum, and `v` an unbiased estimate of y's own
/// variance.
struct Estimator: Hashable {
    private(set) var sum = 0.0
    private(set) var variance = 0.0

    mutating func add(_ y: Double, probability p: Double, ownVariance v: Double = 0) {
        sum += y / p
        variance += (1 - p) / (p * p) * y * y + v / p
    }

    /// With two standard errors.
    var estimate: Estimate {
        Estimate(Int(rounding: sum), error: Int(rounding: 2 * variance.squareRoot()))
    }
}

extension Int {
    /// The nearest integer: what a hostile snapshot makes huge, or no number at all, is cut.
    init(rounding value: Double) {
        self = value.isNaN ? 0 : Int(exactly: Swift.min(Swift.max(value, -1e18), 1e18).rounded()) ?? 0
    }
}
