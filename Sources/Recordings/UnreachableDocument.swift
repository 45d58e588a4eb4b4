import JSONText
import MemoryModel

extension DocumentReader {
    /// A `silt.unreachable/1`.
    mutating func unreachable(_ node: JSONNode) throws(JSONError) -> UnreachableReport {
        var groups: [UnreachableReport.Group] = []
        for item in try node.list("groups") {
            var group = UnreachableReport.Group(
                isDirect: try item.text("leak") == "direct", tally: try tally(item), frames: try frames(item),
                isCut: try item.truth("cut"))
            let site = try item.amountIfAny("site") ?? 0
            group.site = site < group.frames.count ? site : 0
            groups.append(group)
        }
        var report = UnreachableReport(
            process: try facts(try node.required("process")), groups: groups,
            live: try tally(try node.required("live")), reachable: try tally(try node.required("reachable")),
            undecided: try tally(try node.required("undecided")), isComplete: try node.truth("complete"),
            heldSeconds: try node.figure("held_seconds"), degraded: try node.identifiers("degraded"))
        report.further = try tally(try node.required("further"))
        report.suppressed = try node.list("suppressed").map { (node) throws(JSONError) in
            UnreachableReport.Suppressed(pattern: try node.text("pattern"), tally: try tally(node))
        }
        return report
    }

    private func tally(_ node: JSONNode) throws(JSONError) -> UnreachableReport.Tally {
        UnreachableReport.Tally(blocks: try node.amount("blocks"), bytes: try node.bytes("bytes"))
    }
}
