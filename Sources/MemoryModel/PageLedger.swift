/// Live bytes of every granule of the heap.
///
/// Sparse: a span covers 2048 granules (8 MiB); a granule outside every span has no live byte.
package struct PageLedger: Sendable, Codable {
    /// The granules of one span: 8 MiB, as much as one leaf of the segment counts.
    package static let granulesPerSpan = 2048

    package struct Span: Sendable, Codable {
        /// `address / 8 MiB`.
        package var key: UInt64
        /// Live bytes of each granule, 0...4096.
        package var liveBytes: [UInt16]

        package init(key: UInt64, liveBytes: [UInt16]) {
            precondition(liveBytes.count == PageLedger.granulesPerSpan)
            self.key = key
            self.liveBytes = liveBytes
        }

        package var firstGranule: Granule { Granule(key * UInt64(PageLedger.granulesPerSpan)) }
    }

    /// Ascending by key, one span a key.
    package private(set) var spans: [Span]

    /// - Precondition: `spans` ascend by key, and no key comes twice.
    package init(spans: [Span]) {
        precondition(zip(spans, spans.dropFirst()).allSatisfy { $0.key < $1.key })
        self.spans = spans
    }

    /// Live bytes of one granule. Binary search: for runs of granules use ``forEachRun(in:_:)``.
    package subscript(granule: Granule) -> Int {
        let key = granule.index / UInt64(PageLedger.granulesPerSpan)
        let position = firstSpan(notBefore: key)
        guard position < spans.count, spans[position].key == key else { return 0 }
        return Int(spans[position].liveBytes[Int(granule.index % UInt64(PageLedger.granulesPerSpan))])
    }

    /// Calls `body` with maximal runs of granules that have the same live bytes, ascending, covering `granules` whole.
    package func forEachRun(in granules: Range<UInt64>, _ body: (_ run: Range<UInt64>, _ liveBytes: Int) -> Void) {
        var runStart = granules.lowerBound
        var runValue = -1
        func extend(to position: UInt64, value: Int) {
            guard value != runValue else { return }
            if position > runStart { body(runStart..<position, runValue) }
            runStart = position
            runValue = value
        }
        let perSpan = UInt64(PageLedger.granulesPerSpan)
        var position = granules.lowerBound
        var index = firstSpan(notBefore: granules.lowerBound / perSpan)
        while position < granules.upperBound {
            let spanStart = index < spans.count ? spans[index].key * perSpan : UInt64.max
            if spanStart > position {
                extend(to: position, value: 0)
                position = min(spanStart, granules.upperBound)
                continue
            }
            let end = min(spanStart + perSpan, granules.upperBound)
            let counters = spans[index].liveBytes
            while position < end {
                extend(to: position, value: Int(counters[Int(position - spanStart)]))
                position += 1
            }
            index += 1
        }
        if granules.upperBound > runStart { body(runStart..<granules.upperBound, runValue) }
    }

    /// The sum over all granules of how much their live bytes differ.
    package func difference(to other: PageLedger) -> ByteCount {
        var bytes = 0
        var left = spans[...]
        var right = other.spans[...]
        let none = [UInt16](repeating: 0, count: Self.granulesPerSpan)
        while let key = [left.first?.key, right.first?.key].compactMap({ $0 }).min() {
            let one = left.first?.key == key ? left.removeFirst().liveBytes : none
            let two = right.first?.key == key ? right.removeFirst().liveBytes : none
            if one == two { continue }
            for index in 0..<Self.granulesPerSpan { bytes += abs(Int(one[index]) - Int(two[index])) }
        }
        return ByteCount(bytes)
    }

    private func firstSpan(notBefore key: UInt64) -> Int {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
