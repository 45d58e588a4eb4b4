/// Whether a series grows, and how fast: by comparing every two of its values, so that a few wild ones move nothing.
struct Slope {
    /// Fewer values say nothing: even if each were larger than the one before, chance would do that once in 24 times.
    static let leastValues = 5
    /// Of a series without a trend, how often one is found all the same.
    static let significance = 0.01

    /// The median of the slopes between every two values, per step (H. Theil, Proc. KNAW 53, 1950; P. Sen, J. Am. Stat.
    /// Assoc. 63, 1968).
    var perStep: Double
    /// Whether more pairs rise than chance would have, at ``significance``, once `limit` a step is taken away (H. Mann,
    /// Econometrica 13, 1945; M. Kendall, Rank Correlation Methods, 1948).
    var exceeds: Bool

    /// A value, and the step at which it was seen, some of which may be missing.
    struct Point {
        var step: Int
        var value: Double
    }

    init(_ values: [Double], limit: Double) {
        self.init(values.enumerated().map { Point(step: $0.offset, value: $0.element) }, limit: limit)
    }

    /// - Parameter points: By step, no step twice.
    init(_ points: [Point], limit: Double) {
        // Of a series too long to compare all pairs of, every k-th value.
        let stride = (points.count + Slope.mostValues - 1) / Slope.mostValues
        let taken = points.enumerated().filter { $0.offset % Swift.max(stride, 1) == 0 }.map(\.element)
        var slopes: [Double] = []
        var score = 0
        for (i, point) in taken.enumerated() {
            for later in taken[(i + 1)...] {
                let slope = (later.value - point.value) / Double(later.step - point.step)
                slopes.append(slope)
                score += slope > limit ? 1 : slope < limit ? -1 : 0
            }
        }
        perStep = slopes.median
        exceeds = perStep > limit && Slope.isSignificant(score: score, of: taken.count)
    }

    private static let mostValues = 1000

    /// Whether a score of so much or more comes by chance in at most ``significance``. Equal values make this stricter
    /// than it has to be: they only take from the score's variance.
    static func isSignificant(score: Int, of count: Int) -> Bool {
        guard count >= leastValues, score > 0 else { return false }
        guard count <= 40 else {
            // Kendall: normal, with the variance n(n - 1)(2n + 5)/18; 2.326 is the 99th percentile.
            let n = Double(count)
            let deviation = (n * (n - 1) * (2 * n + 5) / 18).squareRoot()
            return Double(score - 1) / deviation > 2.326
        }
        return chance(score: score, of: count) <= significance
    }

    /// Exactly, from how many permutations have each number of inversions. score = pairs - 2 inversions.
    static func chance(score: Int, of count: Int) -> Double {
        let pairs = count * (count - 1) / 2
        var share = [1.0]
        for length in 2...Swift.max(count, 2) {
            // The next value stands before 0…length - 1 of those there are, each as likely.
            var next = Array(repeating: 0.0, count: share.count + length - 1)
            for (inversions, part) in share.enumerated() {
                for further in 0..<length { next[inversions + further] += part / Double(length) }
            }
            share = next
        }
        return share.prefix((pairs - score) / 2 + 1).reduce(0, +)
    }
}
