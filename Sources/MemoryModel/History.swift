/// How a process moved before it was read: three series, each ending with the reading.
///
/// A moment is there only where the process did something that its observer could see. What lies between is a gap: the live
/// heap cannot have changed by much in it, RSS can.
package struct History: Hashable, Sendable, Codable {
    /// RSS at a moment, and the extremes of what was read in its second, minute or hour.
    package struct Resident: Hashable, Sendable, Codable {
        package var last: ByteCount
        package var lowest: ByteCount
        package var highest: ByteCount

        package init(_ last: ByteCount, lowest: ByteCount? = nil, highest: ByteCount? = nil) {
            self.last = last
            self.lowest = lowest ?? last
            self.highest = highest ?? last
        }
    }

    /// The last look at the process in one second, minute or hour, and the extremes of all looks in it.
    package struct Moment: Hashable, Sendable, Codable {
        /// Seconds before the reading.
        package var age: Double
        /// Seconds from the first look to this last one.
        package var span: Double
        /// Chunk bytes, headers included, of all live blocks.
        package var live: ByteCount
        package var lowestLive: ByteCount
        package var highestLive: ByteCount
        package var liveBlocks: Int
        /// By the kernel's cheap counter, which may lag behind by some pages a thread; `nil` where it was not read.
        package var rss: Resident?

        package init(
            age: Double, span: Double = 0, live: ByteCount, lowestLive: ByteCount? = nil, highestLive: ByteCount? = nil,
            liveBlocks: Int = 0, rss: Resident? = nil
        ) {
            self.age = age
            self.span = span
            self.live = live
            self.lowestLive = lowestLive ?? live
            self.highestLive = highestLive ?? live
            self.liveBlocks = liveBlocks
            self.rss = rss
        }
    }

    package struct Series: Hashable, Sendable, Codable {
        /// Seconds from one place to the next: 1, 60 or 3,600.
        package var step: Int
        /// Oldest first; the last place is the second, minute or hour of the reading. `nil`: a gap.
        package var moments: [Moment?]

        package init(step: Int, moments: [Moment?]) {
            self.step = step
            self.moments = moments
        }
    }

    /// The finest first.
    package var series: [Series]

    package init(series: [Series]) { self.series = series }

    /// This history with the reading itself as the last moment of each series.
    package func adding(live: ByteCount, liveBlocks: Int, rss: ByteCount) -> History {
        var history = self
        for index in history.series.indices {
            guard let place = history.series[index].moments.indices.last else { continue }
            var moment = Moment(age: 0, live: live, liveBlocks: liveBlocks, rss: Resident(rss))
            if let earlier = history.series[index].moments[place] {
                moment.span = earlier.age + earlier.span
                moment.lowestLive = min(live, earlier.lowestLive)
                moment.highestLive = max(live, earlier.highestLive)
                moment.rss = Resident(
                    rss, lowest: min(rss, earlier.rss?.lowest ?? rss), highest: max(rss, earlier.rss?.highest ?? rss))
            }
            history.series[index].moments[place] = moment
        }
        return history
    }

    /// No process has more bytes than this: sums of two never overflow.
    private static let most = 1 << 56

    /// Without what no process can have been.
    package var plausible: History {
        func isPossible(_ bytes: [ByteCount]) -> Bool { bytes.allSatisfy { 0...Self.most ~= $0.rawValue } }
        func isPossible(_ moment: Moment) -> Bool {
            guard 0...1e9 ~= moment.age, 0...3_600 ~= moment.span, 0...Self.most ~= moment.liveBlocks,
                isPossible([moment.lowestLive, moment.live, moment.highestLive]),
                moment.lowestLive <= moment.live, moment.live <= moment.highestLive
            else { return false }
            guard let rss = moment.rss else { return true }
            return isPossible([rss.lowest, rss.last, rss.highest]) && rss.lowest <= rss.last && rss.last <= rss.highest
        }
        return History(
            series: series.filter { 1...3_600 ~= $0.step && $0.moments.count <= 3_600 }.map { series in
                Series(step: series.step, moments: series.moments.map { $0.flatMap { isPossible($0) ? $0 : nil } })
            })
    }

    /// All moments on one line of time, oldest first: each series where no finer one reaches.
    package var timeline: [Moment] {
        var line: [Moment] = []
        var reach = -1.0
        for series in series {
            let moments = series.moments.compactMap(\.self).filter { $0.age > reach }
            line += moments
            reach = max(reach, Double(series.step * series.moments.count), moments.map(\.age).max() ?? 0)
        }
        return line.sorted { $0.age > $1.age }
    }
}
