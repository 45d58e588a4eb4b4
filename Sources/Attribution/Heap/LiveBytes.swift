import MemoryModel

/// Live bytes of granules: the ledger and the blocks with a mapping of their own, as one.
struct LiveBytes {
    private let ledger: PageLedger
    /// The blocks, cut into granules that are whole and granules that are not. Ascending and disjoint.
    private var segments: [(granules: Granules, live: Int)] = []
    private var next = 0

    init(_ witness: HeapWitness) {
        ledger = witness.ledger.sound
        segments.reserveCapacity(witness.blocks.count)
        var position: UInt64 = 0
        for block in witness.blocks where !block.isEmpty {
            let start = max(block.start.rawValue, position)
            let end = min(block.end.rawValue, endOfUserSpace * Granule.bytes)
            guard start < end else { continue }
            position = end
            append(from: start, to: end)
        }
    }

    private mutating func append(from start: UInt64, to end: UInt64) {
        var position = start
        while position < end {
            let granule = position / Granule.bytes
            if position % Granule.bytes == 0, end / Granule.bytes > granule {
                segments.append((granule..<end / Granule.bytes, granuleBytes))
                position = end / Granule.bytes * Granule.bytes
                continue
            }
            let partEnd = min(end, (granule + 1) * Granule.bytes)
            let count = Int(partEnd - position)
            // Two blocks may meet in one granule.
            if let last = segments.last, last.granules == granule..<granule + 1 {
                segments[segments.count - 1].live += count
            } else {
                segments.append((granule..<granule + 1, count))
            }
            position = partEnd
        }
    }

    /// Calls `body` with runs of granules that have the same live bytes, 0...4096, ascending, covering `range` whole.
    /// Runs without a live byte are maximal. What was torn in the reading and exceeds a granule is cut.
    ///
    /// - Precondition: calls ascend.
    mutating func forEachRun(in range: Granules, _ body: (_ run: Granules, _ live: Int) -> Void) {
        ledger.forEachRun(in: range) { run, liveBytes in
            let live = min(liveBytes, granuleBytes)
            var position = run.lowerBound
            while next < segments.count, segments[next].granules.upperBound <= position { next += 1 }
            while next < segments.count, segments[next].granules.lowerBound < run.upperBound {
                let (granules, blockLive) = segments[next]
                let start = max(granules.lowerBound, position)
                if position < start { body(position..<start, live) }
                position = min(granules.upperBound, run.upperBound)
                body(start..<position, min(live + blockLive, granuleBytes))
                if granules.upperBound > run.upperBound { break }
                next += 1
            }
            if position < run.upperBound { body(position..<run.upperBound, live) }
        }
    }
}

extension PageLedger {
    /// This ledger without what a decoder may have let through: spans beyond user space, out of order or of another
    /// size than a span has.
    fileprivate var sound: PageLedger {
        let endKey = endOfUserSpace / UInt64(Self.granulesPerSpan)
        var lastKey: UInt64?
        var kept: [Span] = []
        for span in spans where span.key < endKey && span.liveBytes.count == Self.granulesPerSpan {
            guard lastKey.map({ $0 < span.key }) ?? true else { continue }
            lastKey = span.key
            kept.append(span)
        }
        return kept.count == spans.count ? self : PageLedger(spans: kept)
    }
}
