/// Where a process was heading before it was read.
package struct Trend: Hashable, Sendable, Codable {
    package enum Course: String, Sendable, Codable {
        /// The least of it rose all the time, and still rises.
        case growing
        /// It has not moved.
        case flat
        /// The most of it fell all the time, and still falls.
        case falling
        /// None of these: it comes and goes, or has just begun or ceased to move.
        case varying
    }

    /// What one figure did.
    package struct Movement: Hashable, Sendable, Codable {
        package var course: Course
        /// For how long, up to the reading.
        package var seconds: Double
        /// Bytes a second in that time, by the median of all slopes; 0 where there is no slope.
        package var rate: Double

        package init(_ course: Course, seconds: Double, rate: Double = 0) {
            self.course = course
            self.seconds = seconds
            self.rate = rate
        }

        /// What came or went in that time.
        package var change: ByteCount { ByteCount(Int(max(-1e17, min(1e17, rate * seconds)))) }
    }

    /// From the first moment to the reading.
    package var seconds: Double
    package var live: Movement
    /// `nil` where RSS was not read often enough.
    package var rss: Movement?
    /// Whether RSS is what it was at its highest, but for 2 %.
    package var isAtPeak: Bool

    package init(seconds: Double, live: Movement, rss: Movement?, isAtPeak: Bool) {
        self.seconds = seconds
        self.live = live
        self.rss = rss
        self.isAtPeak = isAtPeak
    }
}

extension Trend.Movement {
    /// For people: `has grown 12.0 MiB/min for 48 min`, `has been flat for 46 min`, `has no steady course`.
    package var text: String {
        switch course {
        case .growing: "has grown \(rateText) for \(seconds.secondsText)"
        case .falling: "has fallen \(rateText) for \(seconds.secondsText)"
        case .flat: "has been flat for \(seconds.secondsText)"
        case .varying: "has no steady course"
        }
    }

    /// By the unit of time that the figure is easily taken in.
    package var rateText: String {
        let (unit, name) = seconds < 100 ? (1.0, "s") : seconds < 7_200 ? (60.0, "min") : (3_600.0, "h")
        return "\(ByteCount(Int(min(1e17, abs(rate) * unit))).text)/\(name)"
    }
}
