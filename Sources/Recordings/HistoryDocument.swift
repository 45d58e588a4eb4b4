import JSONText
import MemoryModel

extension DocumentReader {
    mutating func history(_ node: JSONNode) throws(JSONError) -> (history: History, trend: Trend?) {
        let series = try node.list("series").map { (node) throws(JSONError) in try self.series(node) }
        let trend = try node["trend"].map { (node) throws(JSONError) in
            Trend(
                seconds: try node.figure("seconds"), live: try movement(try node.required("live")),
                rss: try node["rss"].map { (node) throws(JSONError) in try movement(node) },
                isAtPeak: try node.truth("rss_at_peak"))
        }
        return (History(series: series).plausible, trend)
    }

    private mutating func movement(_ node: JSONNode) throws(JSONError) -> Trend.Movement {
        Trend.Movement(
            try word(node, "course", else: .varying), seconds: try node.figure("seconds"),
            rate: try node.figure("bytes_per_second"))
    }

    /// Columns become moments; where a column says `null` or ends early there is a gap.
    private func series(_ node: JSONNode) throws(JSONError) -> History.Series {
        let ages = try node.list("age_seconds")
        func column(_ key: String) throws(JSONError) -> [ByteCount?] {
            let values = try node.list(key).map { (node) throws(JSONError) -> ByteCount? in
                if case .null = node.value { return nil }
                return ByteCount(try node.integer())
            }
            return values + Array(repeating: nil, count: max(0, ages.count - values.count))
        }
        let (rss, lowest) = (try column("rss_bytes"), try column("rss_lowest_bytes"))
        let (highest, live) = (try column("rss_highest_bytes"), try column("live_bytes"))
        let (lowestLive, highestLive) = (try column("live_lowest_bytes"), try column("live_highest_bytes"))
        let blocks = try column("live_blocks")
        let moments = ages.enumerated().map { (place, age) -> History.Moment? in
            guard let live = live[place], let seconds = try? age.number() else { return nil }
            return History.Moment(
                age: seconds, live: live, lowestLive: lowestLive[place], highestLive: highestLive[place],
                liveBlocks: blocks[place]?.rawValue ?? 0,
                rss: rss[place].map { History.Resident($0, lowest: lowest[place], highest: highest[place]) })
        }
        return History.Series(step: try node.amount("step_seconds"), moments: moments)
    }
}
