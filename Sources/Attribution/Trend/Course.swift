import MemoryModel

/// One figure over time, and where it was heading.
struct Course {
    /// What was seen of it at one time: the last value, and the extremes around it.
    struct Point {
        /// Seconds before the reading, of the first look that is in it: what rises is at its lowest there.
        var age: Double
        var lowest: Double
        var highest: Double
    }

    /// Oldest first; the last is the reading itself.
    var points: [Point]

    /// `nil`: too little was seen to say anything.
    var movement: Trend.Movement? {
        guard points.count >= Thresholds.trendMoments, let first = points.first, first.age >= Thresholds.trendSeconds
        else { return nil }
        if let growing = slope(of: points, .growing) { return growing }
        let mirrored = points.map { Point(age: $0.age, lowest: -$0.highest, highest: -$0.lowest) }
        if let falling = slope(of: mirrored, .falling) {
            return Trend.Movement(.falling, seconds: falling.seconds, rate: -falling.rate)
        }
        let flat = flatSeconds
        if flat >= max(Thresholds.trendSeconds, first.age * Thresholds.flatShare) {
            return Trend.Movement(.flat, seconds: flat)
        }
        return Trend.Movement(.varying, seconds: first.age)
    }

    /// What does not count as a move, at such a level.
    static func tolerance(at level: Double) -> Double {
        max(Double(Thresholds.flatBytes.rawValue), abs(level) * Thresholds.flatTolerance)
    }

    /// For how long, up to the reading, it has stayed where it is.
    private var flatSeconds: Double {
        var (low, high, age) = (Double.infinity, -Double.infinity, 0.0)
        for point in points.reversed() {
            low = min(low, point.lowest)
            high = max(high, point.highest)
            guard high - low <= Self.tolerance(at: high) else { break }
            age = point.age
        }
        return age
    }

    /// Growth over the longest time in which it was steady. To where it was before, it comes back: that is no growth.
    private func slope(of points: [Point], _ course: Trend.Course) -> Trend.Movement? {
        for horizon in Thresholds.horizons {
            let seen = points.filter { $0.age <= horizon }
            guard seen.count >= Thresholds.trendMoments, let age = seen.first?.age, age >= Thresholds.trendSeconds
            else { continue }
            let before = points.lazy.filter { $0.age > horizon }.map(\.highest).max() ?? -.infinity
            guard let now = seen.last?.lowest, now > before, let rate = Floors(seen, seconds: age).steadyRate else {
                continue
            }
            return Trend.Movement(course, seconds: age, rate: rate)
        }
        return nil
    }
}

/// The least of a figure in each of six equal parts of a time: what comes and goes leaves it where it is, as long as it comes
/// and goes once in a part. Six figures that are of no order stand in this one once in 720 times.
private struct Floors {
    private var floors: [(time: Double, value: Double)] = []
    private var level = 0.0
    /// Of the last part before the last two, which must go on rising.
    private var beforeLast = 0.0
    private static let parts = 6

    init(_ points: [Course.Point], seconds: Double) {
        for part in 0..<Self.parts {
            let newest = seconds * (1 - Double(part + 1) / Double(Self.parts))
            let oldest = seconds * (1 - Double(part) / Double(Self.parts))
            let isLast = part == Self.parts - 1
            let inside = points.filter { $0.age <= oldest && ($0.age > newest || isLast) }
            guard let least = inside.min(by: { $0.lowest < $1.lowest }) else { continue }
            floors.append((seconds - least.age, least.lowest))
            if part < Self.parts - 2 { beforeLast = least.lowest }
            level = max(level, abs(least.lowest))
        }
    }

    /// A second, if it rose through the whole time, by more than nothing, and goes on.
    var steadyRate: Double? {
        guard floors.count >= Self.parts - 1, let first = floors.first, let last = floors.last else { return nil }
        let rise = last.value - first.value
        guard rise > Course.tolerance(at: level) else { return nil }
        let drops = zip(floors, floors.dropFirst()).reduce(0) { $0 + max(0, $1.0.value - $1.1.value) }
        guard drops <= rise * Thresholds.growthDrops, last.value - beforeLast >= rise * Thresholds.growthRecentPart,
            let rate, rate * (last.time - first.time) >= rise / 2
        else { return nil }
        return rate
    }

    /// The median of the slopes between all pairs (H. Theil, 1950; P. Sen, 1968): one odd part does not bend it.
    private var rate: Double? {
        var slopes: [Double] = []
        for (index, later) in floors.enumerated() {
            for earlier in floors[..<index] where later.time > earlier.time {
                slopes.append((later.value - earlier.value) / (later.time - earlier.time))
            }
        }
        slopes.sort()
        return slopes.isEmpty ? nil : slopes[slopes.count / 2]
    }
}
