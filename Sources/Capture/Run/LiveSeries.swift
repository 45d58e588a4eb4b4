package import MemoryModel

/// How the live heap of a process moves while it is watched: as much of the series as ``Growth`` wants.
package struct LiveSeries: Sendable {
    private typealias Point = (nanoseconds: Int64, live: ByteCount)
    private var last: Point?
    /// The first, and every `step`-th after it: the step doubles when they become many, so that a long watch costs no
    /// more than a short one.
    private var points: [Point] = []
    private var step = 1
    private var skipped = 0
    private static let pointsAtMost = 256
    private var highest: ByteCount = 0
    private var everFell = false

    package init() {}

    package mutating func note(_ live: ByteCount, nanoseconds: Int64) {
        last = (nanoseconds, live)
        keep((nanoseconds, live))
        highest = max(highest, live)
        // More than 5 % of the peak so far.
        if (highest - live).rawValue > highest.rawValue / 20 { everFell = true }
    }

    private mutating func keep(_ point: Point) {
        skipped += 1
        guard points.isEmpty || skipped == step else { return }
        skipped = 0
        points.append(point)
        guard points.count == Self.pointsAtMost else { return }
        points = stride(from: 0, to: points.count, by: 2).map { points[$0] }
        step *= 2
    }

    /// `nil` for one point, which moves nowhere.
    package var growth: Growth? {
        guard let first = points.first, let last, last.nanoseconds > first.nanoseconds else { return nil }
        let lastQuarter = last.nanoseconds - (last.nanoseconds - first.nanoseconds) / 4
        let before = points.last { $0.nanoseconds <= lastQuarter } ?? first
        return Growth(
            seconds: Double(last.nanoseconds - first.nanoseconds) / 1e9, liveAtStart: first.live, liveAtEnd: last.live,
            liveBeforeLastQuarter: before.live, everFell: everFell)
    }
}
