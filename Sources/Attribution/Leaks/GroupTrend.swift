import MemoryModel

/// The time that was seen, as whole intervals and the two points that growth is measured from.
struct SeenTime {
    /// Fewer intervals tell nothing: from 9 s on there are always as many.
    static let leastIntervals = 8

    let seconds: Double
    let intervalSeconds: Double
    let intervals: Int

    init(_ history: SampledHistory) {
        seconds = history.seconds
        intervalSeconds = history.intervalSeconds
        intervals = history.intervals
    }

    /// How many intervals had passed at the middle.
    var middle: Int { intervals / 2 }
    /// The same, a quarter of them before the end.
    var lastQuarter: Int { intervals - intervals / 4 }

    /// Seconds from the end of an interval to the reading.
    func age(ofEnd interval: Int) -> Double { max(0, seconds - Double(interval) * intervalSeconds) }
}

/// How what one group holds moved: the page Leaks has the equations.
struct GroupTrend {
    let seen: SeenTime
    /// What was live at the end of each whole interval.
    private(set) var levels: [Double]
    /// What is live now.
    private(set) var live = 0.0

    init(_ seen: SeenTime) {
        self.seen = seen
        levels = [Double](repeating: 0, count: seen.intervals)
    }

    mutating func add(_ history: StackHistory) {
        for (index, level) in history.levels.prefix(levels.count).enumerated() { levels[index] += max(level, 0) }
        live += max(Double(history.born) - Double(history.died), 0)
    }

    /// One of what is counted, which began some seconds before the reading and still is.
    mutating func add(oneOfAge seconds: Double) {
        for index in levels.indices where seen.age(ofEnd: index + 1) <= seconds { levels[index] += 1 }
        live += 1
    }

    /// What was live when `interval` intervals had passed.
    func level(at interval: Int) -> Double { interval > 0 ? levels[interval - 1] : 0 }

    /// By how much it grew since.
    func growth(since interval: Int) -> Double { live - level(at: interval) }

    /// The variance of the growth since, as the unevenness of its own steps makes it.
    func unevenness(since interval: Int) -> Double {
        let points = Array(levels[max(interval - 1, 0)...])
        let steps = zip(points, points.dropFirst()).map { $1 - $0 }
        guard steps.count > 1 else { return 0 }
        let mean = steps.reduce(0, +) / Double(steps.count)
        let squares = steps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return squares / Double(steps.count - 1) * Double(steps.count)
    }

    var highest: Double { levels.max() ?? 0 }

    /// How unlikely it is that so many steps rise by chance: the sign test, from the first interval with anything live.
    var steadiness: Double {
        guard let first = levels.firstIndex(where: { $0 > 0 }) else { return 0 }
        let steps = zip(levels[first...], levels[(first + 1)...]).map { $1 > $0 }
        return 1 - probability(ofRises: steps.count { $0 }, among: steps.count)
    }
}

/// The probability that at least so many of `count` steps rise where each rises with probability 1/2.
func probability(ofRises rises: Int, among count: Int) -> Double {
    var ways = 1.0
    var sum = 0.0
    for rise in 0...count {
        if rise >= rises { sum += ways }
        ways *= Double(count - rise) / Double(rise + 1)
    }
    return sum / Double(UInt64(1) << UInt64(min(count, 62)))
}

/// The probability that the next one is kept too, after `kept` of `count` were: Laplace's rule of succession.
func probability(ofKeeping kept: Double, of count: Double) -> Double {
    guard count >= 0, kept.isFinite, count.isFinite else { return 0 }
    return (min(max(kept, 0), count) + 1) / (count + 2)
}
