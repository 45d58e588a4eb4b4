import JSONText
import MemoryModel

extension Report {
    /// `null` where nobody saw the process before the reading.
    var historyJSON: JSON {
        guard let history else { return .null }
        return object(
            ("trend", trend?.json ?? .null),
            ("series", .array(history.series.map(\.json))))
    }
}

extension Trend {
    fileprivate var json: JSON {
        object(
            ("seconds", .number(seconds)),
            ("live", live.json),
            ("rss", rss?.json ?? .null),
            ("rss_at_peak", .bool(isAtPeak)))
    }
}

extension Trend.Movement {
    fileprivate var json: JSON {
        object(
            ("course", .string(course.rawValue)),
            ("seconds", .number(seconds)),
            ("bytes_per_second", .number(rate.rounded())))
    }
}

extension History.Series {
    /// Arrays of one length, oldest first; the last place is that of the reading, and `null` a gap.
    fileprivate var json: JSON {
        let moments = moments.drop { $0 == nil }
        func array(_ value: (History.Moment) -> JSON?) -> JSON {
            .array(moments.map { $0.flatMap(value) ?? .null })
        }
        func bytes(_ value: @escaping (History.Moment) -> ByteCount?) -> JSON {
            array { value($0).map { .integer($0.rawValue) } }
        }
        return object(
            ("step_seconds", .integer(step)),
            ("age_seconds", array { .number(($0.age * 1000).rounded() / 1000) }),
            ("rss_bytes", bytes { $0.rss?.last }),
            ("rss_lowest_bytes", bytes { $0.rss?.lowest }),
            ("rss_highest_bytes", bytes { $0.rss?.highest }),
            ("live_bytes", bytes(\.live)),
            ("live_lowest_bytes", bytes(\.lowestLive)),
            ("live_highest_bytes", bytes(\.highestLive)),
            ("live_blocks", array { .integer($0.liveBlocks) }))
    }
}
