package import MemoryModel
internal import SegmentABI

extension SegmentFile {
    /// Copies out how the process moved before `now` (CLOCK_MONOTONIC, nanoseconds); `nil` where the segment keeps no such
    /// table. Entries that cannot be right are gaps.
    package func readHistory(now: UInt64) throws(SegmentError) -> History? {
        let header = try readOwnHeader()
        guard let section = header.optionalSection(SILT_SECTION_HISTORY), section.count >= HistoryRings.entries,
            section.entryBytes >= MemoryLayout<silt_moment>.size
        else { return nil }
        // A writer is at it for less than a microsecond a second: the second look meets nobody that the first one met.
        var whole = [silt_moment?](repeating: nil, count: HistoryRings.entries)
        var before = try moments(section)
        for _ in 0..<4 where whole.contains(where: { $0 == nil }) {
            let after = try moments(section)
            for (index, moment) in after.enumerated() where whole[index] == nil && moment.isWhole {
                if moment.sequence == before[index].sequence { whole[index] = moment }
            }
            before = after
        }
        return HistoryRings.history(whole, now: now)
    }

    private func moments(_ section: SegmentHeader.Section) throws(SegmentError) -> [silt_moment] {
        var section = section
        section.count = HistoryRings.entries
        var found: [silt_moment] = []
        try forEachEntry(of: section, as: silt_moment.self) { found.append($0) }
        return found
    }
}

extension silt_moment {
    fileprivate var isWhole: Bool { sequence % 2 == 0 }
}

/// The three rings of the table, as `silt_segment.h` describes them.
private enum HistoryRings {
    static let entries = rings.reduce(0) { $0 + $1.count }
    private static let rings = [
        (step: 1, count: Int(SILT_HISTORY_SECONDS)), (step: 60, count: Int(SILT_HISTORY_MINUTES)),
        (step: 3_600, count: Int(SILT_HISTORY_HOURS)),
    ]

    static func history(_ entries: [silt_moment?], now: UInt64) -> History {
        var first = 0
        var series: [History.Series] = []
        for ring in rings {
            let part = Array(entries[first..<first + ring.count])
            series.append(History.Series(step: ring.step, moments: moments(part, step: ring.step, now: now)))
            first += ring.count
        }
        // A value of any size may stand there.
        return History(series: series).plausible
    }

    /// The entries of a ring at their places in time; the last place is that of `now`.
    private static func moments(_ ring: [silt_moment?], step: Int, now: UInt64) -> [History.Moment?] {
        let period = UInt64(step) * 1_000_000_000
        var moments = [History.Moment?](repeating: nil, count: ring.count)
        for (index, entry) in ring.enumerated() {
            guard let entry, entry.time_ns > 0, entry.time_ns <= now,
                entry.time_ns / period % UInt64(ring.count) == UInt64(index)
            else { continue }
            let ago = now / period - entry.time_ns / period
            guard ago < UInt64(ring.count) else { continue }
            moments[ring.count - 1 - Int(ago)] = History.Moment(entry, now: now)
        }
        return moments
    }
}

extension History.Moment {
    fileprivate init(_ entry: silt_moment, now: UInt64) {
        func bytes(_ value: UInt64) -> ByteCount { ByteCount(Int(clamping: value)) }
        self.init(
            age: Double(now - entry.time_ns) / 1e9, span: Double(entry.span_ms) / 1000,
            live: ByteCount(Int(entry.live_bytes)), lowestLive: ByteCount(Int(entry.live_lowest)),
            highestLive: ByteCount(Int(entry.live_highest)),
            liveBlocks: Int(entry.live_blocks))
        guard entry.rss_bytes != 0 else { return }
        rss = History.Resident(
            bytes(entry.rss_bytes), lowest: bytes(entry.rss_lowest), highest: bytes(entry.rss_highest))
    }
}
