import MemoryModel
import Testing

@Suite struct `A thinned series` {
    /// A look each 0.1 s, every 20th with rows; one cheap spike, one reading with much free heap.
    static let series = LedgerSeries(
        points: (0..<36_000).map { index in
            let rss = ByteCount.mebibytes(index == 17_777 ? 500 : 100 + index % 7)
            guard index % 20 == 0 else { return LedgerSeries.Point(seconds: Double(index) / 10, rss: rss, live: 0) }
            var rows = Cause.allCases.map { _ in ByteCount(0) }
            rows[1] = index == 4_040 ? .mebibytes(90) : 4096
            rows[11] = rss - rows[1]
            return LedgerSeries.Point(seconds: Double(index) / 10, rss: rss, live: 0, rows: rows)
        })

    @Test(arguments: [8, 50, 1_000, 1_799, 5_000, 40_000])
    func `has its ends, its extremes, and points evenly in time`(limit: Int) throws {
        let thinned = Self.series.thinned(to: limit)
        let points = thinned.points
        #expect(points.count <= limit && points.count >= min(36_000, limit * 9 / 10))
        #expect(points.first == Self.series.points.first && points.last == Self.series.points.last)
        #expect(points.contains(Self.series.points[17_777]) && points.contains(Self.series.points[4_040]))
        #expect(zip(points, points.dropFirst()).allSatisfy { $0.seconds < $1.seconds })
        let gaps = zip(points, points.dropFirst()).map { $1.seconds - $0.seconds }
        #expect(try #require(gaps.max()) <= max(0.11, 3 * 3_600 / Double(limit - 7)))
        // Where there are as many with rows as there is room, all have rows but the spike and the ends.
        if limit <= 1_000 { #expect(points.filter { $0.rows == nil }.count <= 2) }
    }

    @Test func `does not change when it is thinned again`() {
        let once = Self.series.thinned(to: 500)
        #expect(once.thinned(to: 500) == once)
        #expect(LedgerSeries().thinned(to: 5) == LedgerSeries())
    }

    /// Whatever the times are, there are few enough.
    @Test func `is bounded where all times are one`() {
        let points = Array(repeating: LedgerSeries.Point(seconds: 1, rss: 1, live: 1), count: 1_000)
        #expect(LedgerSeries(points: points).thinned(to: 100).points.count <= 100)
    }
}
