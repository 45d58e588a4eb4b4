import MemoryModel

/// What speaks for and against one group.
struct LeakEvidence {
    /// A score below is not named.
    static let leastScore = 0.95
    /// Growth below this part of what is live is not named.
    static let leastGrowth = 0.01

    var trend: GroupTrend
    /// The probability that what it holds is kept, by Laplace's rule; 0 where nothing is known of that.
    var survival: Double
    /// The variance of the growth since an interval, as sampling makes it; 0 where nothing is sampled.
    var samplingVariance: (Int) -> Double

    var score: Double { max(survival, trend.steadiness) }

    /// The standard error of the growth since an interval.
    private func deviation(since interval: Int) -> Double {
        max(samplingVariance(interval), trend.unevenness(since: interval)).squareRoot()
    }

    /// Over the second half, with two standard errors.
    var growth: Estimate {
        Estimate(
            Int(rounding: trend.growth(since: trend.seen.middle)),
            error: Int(rounding: 2 * samplingVariance(trend.seen.middle).squareRoot()))
    }

    /// What it surely grew by: groups are ranked by it.
    var surely: Double { trend.growth(since: trend.seen.middle) - 2 * deviation(since: trend.seen.middle) }

    /// `nil`: it is not named.
    var word: LeakGroup.Word? {
        let seen = trend.seen
        let growth = trend.growth(since: seen.middle)
        let error = deviation(since: seen.middle)
        guard score >= Self.leastScore, growth > 0, growth >= Self.leastGrowth * trend.live, growth >= 2 * error else {
            return nil
        }
        let lately = trend.growth(since: seen.lastQuarter)
        let isGrowingNow = lately > 0 && lately >= samplingVariance(seen.lastQuarter).squareRoot()
        let isHighest = trend.live + error >= trend.highest
        if survival >= Self.leastScore { return isGrowingNow && isHighest ? .growing : .suspect }
        // Its blocks turn over, so only how it moves speaks against it: that takes more.
        return growth >= 3 * error && isGrowingNow && isHighest ? .growing : nil
    }
}
