import JSONText
package import MemoryModel

extension Report {
    /// The document `silt.leaks/1`: the code whose memory grows.
    package func leaksJSON(pretty: Bool) -> String {
        let sites = sites ?? SiteReport()
        var members = [
            JSON.Member("schema", .string("silt.leaks/1")),
            JSON.Member("process", process.json(allocator: allocator)),
            JSON.Member("coverage", coverage.json),
            JSON.Member("rss_bytes", .integer(rss.rawValue)),
        ]
        members += sites.members
        members.append(JSON.Member("leaks", leaks?.json ?? .null))
        members.append(JSON.Member("reading", reading.json))
        return JSON.object(members).text(pretty: pretty) + "\n"
    }
}

extension LeakReport {
    var json: JSON {
        object(
            ("seconds", .number(seconds)),
            ("growth_seconds", .number(growthSeconds)),
            ("least_seconds", .number(leastSeconds)),
            ("judged", .integer(judged)),
            ("group_count", .integer(groupCount)),
            ("groups", .array(groups.map(json))))
    }

    /// `growth` and `rate` are in bytes, of threads in threads.
    private func json(_ group: LeakGroup) -> JSON {
        object(
            ("word", .string(group.word.rawValue)),
            ("kind", .string(group.kind.rawValue)),
            ("bytes", .integer(group.bytes.value)),
            ("error_bytes", .integer(group.bytes.error)),
            ("growth", .integer(group.growth.value)),
            ("error_growth", .integer(group.growth.error)),
            ("rate_per_hour", .integer(rate(group.growth.value, per: 3_600))),
            ("error_rate_per_hour", .integer(rate(group.growth.error, per: 3_600))),
            ("score", .number(group.score)),
            ("oldest_seconds", group.oldestSeconds.map(JSON.number) ?? .null),
            ("count", .integer(group.count)),
            ("frames", .array(group.frames.map(\.json))))
    }
}
