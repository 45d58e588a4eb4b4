import MemoryModel

/// How far new runs may be from a baseline's before it is no noise.
///
/// Of n earlier values and N new ones, whose pooled standard deviation is s:
///
///     shift     = the median of all N · n differences between a new value and an earlier one
///     tolerance = max(floor, t · s · e),   e² = (π / 3) (1 / n + 1 / N),   or π / 2n + 1 / N for N ≤ 2
///
/// where t is the quantile 1 - 10⁻⁴ of Student's distribution with n + N - 2 degrees of freedom. The shift is Hodges' and
/// Lehmann's (Ann. Math. Stat. 34, 1963), which a wild run moves little; e is its standard error in units of s. So of
/// normal noise one judgement in 10,000 is a false alarm, and fewer where the floor is wider.
struct Tolerance {
    var shift: Double
    /// What noise of this spread explains.
    var measured: Double
    /// A few runs may happen to be alike: what is less than this is nobody's regression.
    var floor: Double

    var value: Double { max(measured, floor) }

    init(_ earlier: [Double], _ new: [Double], _ quantity: Quantity) {
        let (n, N) = (Double(earlier.count), Double(new.count))
        shift = new.flatMap { value in earlier.map { value - $0 } }.median
        let freedom = Swift.max(earlier.count + new.count - 2, 1)
        let squares = earlier.deviation * earlier.deviation * (n - 1) + new.deviation * new.deviation * (N - 1)
        let deviation = (squares / Double(freedom)).squareRoot()
        let error = (new.count <= 2 ? .pi / 2 / n + 1 / N : .pi / 3 * (1 / n + 1 / N)).squareRoot()
        measured = Tolerance.quantile(freedom) * deviation * error
        floor = Tolerance.floor(of: quantity, earlier.median)
    }

    private static func floor(of quantity: Quantity, _ median: Double) -> Double {
        switch quantity {
        // The kernel's counters lag behind, pages of files come as they are cached, and a peak lies between two readings.
        case .rss: max(Double(1 << 20), median / 100)
        case _ where quantity.unit == .bytes: max(Double(256 << 10), median / 1000)
        case .liveBlocks: max(1000, median / 100)
        default: 0.02
        }
    }

    /// Of Student's distribution, at 1 - 10⁻⁴.
    static func quantile(_ freedom: Int) -> Double {
        if freedom < 4 + quantiles.count { return quantiles[max(freedom - 4, 0)] }
        // Abramowitz and Stegun, 26.7.5: exact to 0.1 % from 20 degrees on.
        let (z, n) = (3.719016, Double(freedom))
        let (z3, z5) = (z * z * z, z * z * z * z * z)
        return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n)
            + (3 * z5 * z * z + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n)
    }

    /// Of 4, 5, … 19 degrees of freedom.
    private static let quantiles = [
        13.034, 9.678, 8.025, 7.063, 6.442, 6.01, 5.694, 5.453, 5.263, 5.111, 4.985, 4.88, 4.791, 4.714, 4.648, 4.59,
    ]
}
