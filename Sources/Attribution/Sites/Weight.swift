import MemoryModel

/// The probability that a block was sampled: `1 - exp(-bytes / mean)`; 1 where every allocation is.
func samplingProbability(of bytes: ByteCount, mean: Int) -> Double {
    mean <= 1 ? 1 : complementOfExponential(Double(bytes.rawValue) / Double(mean))
}

/// `1 - exp(-x)` for `x` > 0, to the precision of `Double`, small `x` included.
///
/// Ours, as the C library's `expm1` would make the first import of the platform in a module that is a pure function.
/// The argument is halved until the series converges in a few terms; with e(x) = 1 - exp(-x),
///
///     e(x) = x - x²/2! + x³/3! - …        e(2x) = e(x) (2 - e(x))
func complementOfExponential(_ x: Double) -> Double {
    // exp(-40) is below half of the distance between 1 and the next Double.
    guard x < 40 else { return 1 }
    var reduced = x
    var doublings = 0
    while reduced > 0.03125 {
        reduced /= 2
        doublings += 1
    }
    var term = reduced
    var sum = reduced
    for divisor in 2...9 {
        term *= -reduced / Double(divisor)
        sum += term
    }
    for _ in 0..<doublings { sum *= 2 - sum }
    return sum
}
