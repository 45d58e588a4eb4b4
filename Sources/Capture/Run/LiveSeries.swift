package import MemoryModel

/// How the live heap of a process moves while it is watched: as much of the series as ``Growth`` wants.
package struct LiveSeries: Sendable {
    private var first: (nanoseconds: Int64, live: ByteCount)?
    private var last: (nanoseconds: Int64, live: ByteCount)?
    private var highest: ByteCount = 0
    private var everFell = false

    package init() {}

    package mutating func note(_ live: ByteCount, nanoseconds: Int64) {
        if first == nil { first = (nanoseconds, live) }
        last = (nanoseconds, live)
        highest = max(highest, live)
        // More than 5 % of the peak so far.
        if (highest - live).rawValue > highest.rawValue / 20 { everFell = true }
    }

    /// `nil` for one point, which moves nowhere.
    package var growth: Growth? {
        guard let first, let last, last.nanoseconds > first.nanoseconds else { return nil }
        return Growth(
            seconds: Double(last.nanoseconds - first.nanoseconds) / 1e9, liveAtStart: first.live, liveAtEnd: last.live,
            everFell: everFell)
    }
}
