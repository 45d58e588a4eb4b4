import JSONText
package import MemoryModel

extension UnreachableReport {
    /// The document `silt.unreachable/1`.
    package func json(pretty: Bool) -> String { json.text(pretty: pretty) + "\n" }

    /// See ``json(pretty:)``.
    var json: JSON { .object([JSON.Member("schema", .string("silt.unreachable/1"))] + members) }

    /// `bytes` are what the program asked for, but for those of `live`: chunks, headers included.
    fileprivate var members: [JSON.Member] {
        [
            JSON.Member("process", process.json(allocator: "glibc")),
            JSON.Member("complete", .bool(isComplete)),
            JSON.Member("decided_share", .number(decidedShare)),
            JSON.Member("held_seconds", .number(heldSeconds)),
            JSON.Member("degraded", .array(degraded.map { .string($0.cut) })),
            JSON.Member("live", live.json),
            JSON.Member("reachable", reachable.json),
            JSON.Member("undecided", undecided.json),
            JSON.Member("leaked", leaked.json),
            JSON.Member("direct", direct.json),
            JSON.Member("indirect", indirect.json),
            JSON.Member("further", further.json),
            JSON.Member(
                "suppressed",
                .array(
                    suppressed.map {
                        object(
                            ("pattern", .string($0.pattern.cut)), ("blocks", .integer($0.tally.blocks)),
                            ("bytes", .integer($0.tally.bytes.rawValue)))
                    })),
            JSON.Member("groups", .array(groups.map(\.json))),
        ]
    }
}

extension UnreachableReport.Tally {
    fileprivate var json: JSON { object(("blocks", .integer(blocks)), ("bytes", .integer(bytes.rawValue))) }
}

extension UnreachableReport.Group {
    /// `site` is the place of the frame that a person would name among `frames`.
    fileprivate var json: JSON {
        object(
            ("leak", .string(isDirect ? "direct" : "indirect")),
            ("blocks", .integer(tally.blocks)),
            ("bytes", .integer(tally.bytes.rawValue)),
            ("cut", .bool(isCut)),
            ("site", .integer(site)),
            ("frames", .array(frames.map(\.json))))
    }
}

extension LeakRun {
    /// The document `silt.run.leaks/1`: a member `unreachable` for each process that was proved, or `error`.
    package func json(pretty: Bool) -> String {
        let found = processes.map { process -> JSON in
            switch process {
            case .proved(let report): .object(report.members)
            case .failed(let facts, let reason):
                object(("process", facts.json(allocator: "glibc")), ("error", .string(reason.cut)))
            }
        }
        return object(
            ("schema", .string("silt.run.leaks/1")),
            ("command", .array(command.map { .string($0.cut) })),
            ("processes", .array(found))
        ).text(pretty: pretty) + "\n"
    }
}
