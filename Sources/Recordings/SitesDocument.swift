import JSONText
import MemoryModel

extension DocumentReader {
    mutating func sites(_ node: JSONNode) throws(JSONError) -> SiteReport {
        var sites = SiteReport(
            mean: try node.amount("mean_bytes"), dropped: try node.amount("dropped_samples"),
            degraded: try node.identifiers("degraded"))
        sites.holds = try answer(.holds, try node.required("holds"))
        sites.pins = try answer(.pins, try node.required("pins"))
        sites.left = try answer(.left, try node.required("left"))
        for item in try node.list("mappings") {
            sites.mappings.append(
                MappingSite(
                    frames: try frames(item), bytes: try item.signedBytes("bytes"), count: try item.amount("count")))
        }
        return sites
    }

    private mutating func answer(
        _ question: SiteAnswer.Question, _ node: JSONNode
    ) throws(JSONError) -> SiteAnswer {
        var groups: [SiteGroup] = []
        for item in try node.list("groups") { groups.append(try group(item)) }
        return SiteAnswer(
            question, by: try word(node, "by", else: .site), total: try node.signedBytes("total_bytes"),
            estimate: try node.estimate("bytes", error: "error_bytes"),
            // Its error goes into no document.
            withoutStack: Estimate(try node.signed("without_stack_bytes")), samples: try node.amount("samples"),
            groups: groups, groupCount: max(groups.count, try node.amount("group_count")))
    }

    private mutating func group(_ node: JSONNode) throws(JSONError) -> SiteGroup {
        SiteGroup(
            name: try node.textIfAny("name"), frames: try frames(node),
            bytes: try node.estimate("bytes", error: "error_bytes"),
            blocks: try node.estimate("blocks", error: "error_blocks"),
            live: node["live_bytes"] == nil ? nil : try node.estimate("live_bytes", error: "error_live_bytes"),
            kept: node["kept_bytes"] == nil ? nil : try node.estimate("kept_bytes", error: "error_kept_bytes"),
            freed: try freed(node), samples: try node.amount("samples"))
    }

    private func freed(_ node: JSONNode) throws(JSONError) -> SiteGroup.Freed? {
        guard node["freed_median_seconds"] != nil else { return nil }
        return SiteGroup.Freed(
            medianSeconds: try node.figure("freed_median_seconds"),
            latestSeconds: try node.figure("freed_latest_seconds"))
    }

    mutating func frames(_ node: JSONNode) throws(JSONError) -> [Frame] {
        try node.list("frames").map { (node) throws(JSONError) in
            let offset = try node.required("offset").integer()
            return Frame(
                function: try node.textIfAny("function"), file: try node.textIfAny("file"),
                line: try node.amountIfAny("line"), module: try node.textIfAny("module"),
                offset: UInt64(max(0, offset)), isInlined: try node.truth("inlined"),
                // Whatever a later version knows besides has names for its frames as Python has.
                language: try node.text("language") == "native" ? .native : .python)
        }
    }

    mutating func leaks(_ node: JSONNode) throws(JSONError) -> LeakReport {
        var groups: [LeakGroup] = []
        for item in try node.list("groups") {
            groups.append(
                LeakGroup(
                    word: try word(item, "word", else: .suspect), kind: try word(item, "kind", else: .heap),
                    frames: try frames(item), bytes: try item.estimate("bytes", error: "error_bytes"),
                    growth: try item.estimate("growth", error: "error_growth"), score: try item.figure("score"),
                    oldestSeconds: try item.figureIfAny("oldest_seconds"), count: try item.amount("count")))
        }
        return LeakReport(
            seconds: try node.figure("seconds"), growthSeconds: try node.figure("growth_seconds"),
            leastSeconds: try node.figure("least_seconds"), judged: try node.amount("judged"), groups: groups,
            groupCount: max(groups.count, try node.amount("group_count")))
    }
}
