extension LedgerSeries {
    /// At most about `limit` of the points, evenly in time: what bounds a recording of any length.
    ///
    /// Kept are the first and the last point, the highest RSS, the highest RSS among the points with rows, and the most
    /// free bytes of the heap. Of what lies close together a point with rows stays before one without, then the one
    /// with more RSS. A limit below 8 counts as 8.
    package func thinned(to limit: Int) -> LedgerSeries {
        let limit = max(limit, 8)
        guard points.count > limit else { return self }
        let extremes = self.extremes
        let room = limit - extremes.count
        // The least distance at which the windows fit: their number falls as it grows.
        var (low, high) = (0.0, max(0, points[points.count - 1].seconds - points[0].seconds) + 1)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if windows(of: middle).count > room { low = middle } else { high = middle }
        }
        let kept = windows(of: high).map { window in
            window.max { isLessTelling(points[$0], than: points[$1]) } ?? window.lowerBound
        }
        return LedgerSeries(points: Set(kept).union(extremes).sorted().map { points[$0] })
    }

    /// Places of the points that are never left out.
    private var extremes: Set<Int> {
        var extremes: Set = [0, points.count - 1]
        func add(_ value: (Point) -> ByteCount?) {
            let candidates = points.indices.filter { value(points[$0]) != nil }
            guard let most = candidates.max(by: { value(points[$0])! < value(points[$1])! }) else { return }
            extremes.insert(most)
        }
        add(\.rss)
        add { $0.rows == nil ? nil : $0.rss }
        add(\.free)
        return extremes
    }

    /// Runs of points in which no point is `seconds` after the first.
    private func windows(of seconds: Double) -> [Range<Int>] {
        var windows: [Range<Int>] = []
        var start = 0
        for index in points.indices where points[index].seconds - points[start].seconds >= seconds && index > start {
            windows.append(start..<index)
            start = index
        }
        windows.append(start..<points.count)
        return windows
    }

    private func isLessTelling(_ left: Point, than right: Point) -> Bool {
        if (left.rows == nil) != (right.rows == nil) { return left.rows == nil }
        return left.rss < right.rss
    }
}

extension LedgerSeries.Point {
    /// What one cause has, `nil` of a cheap look.
    package func bytes(_ cause: Cause) -> ByteCount? {
        guard let rows, let index = Cause.allCases.firstIndex(of: cause), rows.indices.contains(index) else {
            return nil
        }
        return rows[index]
    }

    /// Free bytes on heap pages: `heap.retained`, `heap.kept` and `heap.fragmented`. `nil` of a cheap look.
    package var free: ByteCount? {
        guard let retained = bytes(.heapRetained), let kept = bytes(.heapKept),
            let fragmented = bytes(.heapFragmented)
        else { return nil }
        return retained + kept + fragmented
    }
}
