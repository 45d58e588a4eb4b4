import MemoryModel

extension History {
    /// Where the process was heading; `nil` where too little was seen of it.
    ///
    /// - Parameter peak: The highest RSS that is known from elsewhere.
    func trend(peak: ByteCount) -> Trend? {
        let line = timeline
        let live = Course(points: line.map { Course.Point($0, lowest: $0.lowestLive, highest: $0.highestLive) })
        guard let first = line.first, let last = line.last, let movement = live.movement else { return nil }
        let resident = line.compactMap { moment in
            moment.rss.map { Course.Point(moment, lowest: $0.lowest, highest: $0.highest) }
        }
        let highest = max(Double(peak.rawValue), resident.map(\.highest).max() ?? 0)
        let now = Double(last.rss?.last.rawValue ?? 0)
        return Trend(
            seconds: first.age + first.span, live: movement, rss: Course(points: resident).movement,
            isAtPeak: now >= highest - Course.tolerance(at: highest))
    }

    /// The least RSS of the last 30 s, the reading's among them; `nil` where it was not read in that time.
    func leastResident(now rss: ByteCount) -> ByteCount? {
        let recent = series.first { $0.step == 1 }?.moments.compactMap { moment in
            moment.flatMap { $0.age <= Thresholds.recentSeconds ? $0.rss?.lowest : nil }
        }
        return recent?.min().map { min($0, rss) }
    }
}

extension Course.Point {
    fileprivate init(_ moment: History.Moment, lowest: ByteCount, highest: ByteCount) {
        self.init(
            age: moment.age + moment.span, lowest: Double(lowest.rawValue), highest: Double(highest.rawValue))
    }
}

extension Managed {
    /// By Dask's definition (distributed/worker_memory.py and scheduler.py, MemoryState): old is what was unmanaged for
    /// at least 30 s, recent is the rest, so that `RSS = managed + old + recent`. A program that declares nothing manages
    /// nothing.
    init(rss: ByteCount, history: History?) {
        self.init(unmanaged: rss)
        unmanagedOld = history?.leastResident(now: rss)
        unmanagedRecent = unmanagedOld.map { rss - $0 }
    }
}
