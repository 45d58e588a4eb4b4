import MemoryModel

/// Estimates a sum over all blocks from those that were sampled (Horvitz and Thompson 1952; the page Sampling derives it):
///
///     total ≈ Σ y / p          variance ≈ Σ (1 - p) / p² · y²   (+ Σ v / p where y itself is estimated)
///
/// where `p` is the probability of a sample, `y` what the block has of the sum, and `v` an unbiased estimate of y's own
/// variance.
struct Estimator: Hashable {
    private(set) var sum = 0.0
    private(set) var variance = 0.0
    /// The most that one sample has of the variance, for what it has of the sum: (1 - p) / p · y where v = 0.
    private(set) var step = 0.0

    mutating func add(_ y: Double, probability p: Double, ownVariance v: Double = 0) {
        let part = (1 - p) / (p * p) * y * y + v / p
        sum += y / p
        variance += part
        if y > 0 { step = max(step, part / (y / p)) }
    }

    /// With two standard errors, widened by one more sample like the heaviest:
    ///
    ///     error = 2 √(variance + step²) + step
    ///
    /// Of few samples the variance is estimated too small exactly where the sum is. For n equal and rare ones this is
    /// 2 √(n + 1) + 1 of their weights, about the exact upper limit of a Poisson count (F. Garwood, Biometrika 28, 1936).
    /// Taking the heaviest for the one that may be missing is what M. Fay and E. Feuer do for sums of unequal ones
    /// (Statistics in Medicine 16, 1997).
    ///
    /// - Parameter least: What the error is known not to be less than.
    func estimate(least: Double = 0) -> Estimate {
        let error = 2 * (variance + step * step).squareRoot() + step
        return Estimate(Int(rounding: sum), error: Int(rounding: max(error, least)))
    }
}

extension Int {
    /// The nearest integer: what a hostile snapshot makes huge, or no number at all, is cut.
    init(rounding value: Double) {
        self = value.isNaN ? 0 : Int(exactly: Swift.min(Swift.max(value, -1e18), 1e18).rounded()) ?? 0
    }
}
