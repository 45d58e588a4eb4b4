import JSONText
package import MemoryModel

/// The lines of a recording, `silt.recording/1`: one JSON object each, with its line feed. A file is any number of them
/// behind ``start(_:)``; each is whole by itself, so that a file which ends anywhere is readable up to there.
///
/// Keys never change their meaning within a version; new ones may come, and so may new kinds of lines.
package enum RecordingLine {
    /// The first line: what was run, and what the numbers of ``points(process:_:)`` are.
    package static func start(_ recording: Recording) -> String {
        line(
            "start",
            ("silt", .string(recording.version)),
            ("command", .array(recording.command.map(JSON.string))),
            ("started_at", seconds(recording.startedAt)),
            ("interval_seconds", seconds(recording.intervalSeconds)),
            ("columns", .array(columns.map(JSON.string))),
            (
                "environment",
                .object(recording.environment.map { JSON.Member($0.name, .string($0.value)) })
            ), schema: true)
    }

    /// A process that was seen for the first time; of the same index once more, where it became another program.
    package static func process(_ process: RecordedProcess) -> String {
        line(
            "process",
            ("process", .integer(process.index)),
            ("pid", .integer(process.pid)),
            ("parent", process.parent.map(JSON.integer) ?? .null),
            ("command", .array(process.command.map(JSON.string))),
            ("covered", .bool(process.isCovered)),
            ("start_seconds", seconds(process.startSeconds)))
    }

    /// Further looks at a process, in the order of time: a cheap one has the first three columns.
    package static func points(process: Int, _ points: [LedgerSeries.Point]) -> String {
        line("points", ("process", .integer(process)), ("points", .array(points.map(json))))
    }

    /// A whole report. Of a process's marks all count; of the other kinds the last one does.
    ///
    /// - Parameter also: What it is besides, none of them a mark.
    package static func moment(
        process: Int, _ moment: RecordedMoment, also: [RecordedMoment.Kind] = []
    ) -> String {
        var members = [("process", JSON.integer(process)), ("moment", .string(moment.kind.word))]
        if case .mark(let name) = moment.kind { members.append(("name", .string(name))) }
        if let number = moment.number { members.append(("number", .integer(number))) }
        if !also.isEmpty { members.append(("also", .array(also.map { .string($0.word) }))) }
        members.append(("seconds", seconds(moment.seconds)))
        members.append(("report", moment.report.json))
        if let unreachable = moment.unreachable { members.append(("unreachable", unreachable.json)) }
        if let reason = moment.proofFailure { members.append(("unreachable_failed", .string(reason))) }
        return line("moment", members)
    }

    /// A process is seen no more.
    package static func ended(_ process: RecordedProcess) -> String {
        line(
            "ended",
            ("process", .integer(process.index)),
            ("seconds", process.endSeconds.map(seconds) ?? .null),
            ("ending", process.ending.map { .string($0.rawValue) } ?? .null),
            ("high_water_bytes", .integer(process.highWater.rawValue)))
    }

    /// The last line: the command has ended. A recording without it was cut off.
    package static func end(_ end: Recording.End, degraded: [String]) -> String {
        let status =
            switch end.status {
            case .exited(let status): ("exited", JSON.integer(status))
            case .signaled(let signal): ("signaled", JSON.integer(signal))
            }
        return line("end", ("seconds", seconds(end.seconds)), status, ("degraded", .array(degraded.map(JSON.string))))
    }

    /// What the numbers of a point are, in their order.
    static let columns = ["seconds", "rss_bytes", "live_bytes"] + Cause.allCases.map(\.rawValue)

    private static func json(_ point: LedgerSeries.Point) -> JSON {
        let totals = [seconds(point.seconds), .integer(point.rss.rawValue), .integer(point.live.rawValue)]
        return .array(totals + (point.rows ?? []).map { .integer($0.rawValue) })
    }

    /// To the millisecond: nothing here is known better.
    private static func seconds(_ seconds: Double) -> JSON { .number((seconds * 1_000).rounded() / 1_000) }

    private static func line(_ kind: String, _ members: (String, JSON)..., schema: Bool = false) -> String {
        line(kind, members, schema: schema)
    }

    private static func line(_ kind: String, _ members: [(String, JSON)], schema: Bool = false) -> String {
        let head = schema ? [JSON.Member("schema", .string("silt.recording/1"))] : []
        let members = [JSON.Member("line", .string(kind))] + members.map { JSON.Member($0.0, $0.1) }
        return JSON.object(head + members).text(pretty: false) + "\n"
    }
}

extension Recording {
    /// The whole recording as its file has it.
    package var lines: String {
        var text = RecordingLine.start(self)
        for process in processes {
            text += RecordingLine.process(process)
            var rest = process.series.points[...]
            while !rest.isEmpty {
                text += RecordingLine.points(process: process.index, Array(rest.prefix(Self.pointsOfLine)))
                rest = rest.dropFirst(Self.pointsOfLine)
            }
            for (moment, also) in process.distinctMoments {
                text += RecordingLine.moment(process: process.index, moment, also: also)
            }
            if process.endSeconds != nil || process.ending != nil { text += RecordingLine.ended(process) }
        }
        if let end { text += RecordingLine.end(end, degraded: degraded) }
        return text
    }

    /// A line is read whole, so it is not to be too long.
    private static let pointsOfLine = 256
}

extension RecordedProcess {
    /// The moments, those of one reading together; a mark stands by itself.
    fileprivate var distinctMoments: [(moment: RecordedMoment, also: [RecordedMoment.Kind])] {
        var distinct: [(moment: RecordedMoment, also: [RecordedMoment.Kind])] = []
        for moment in moments {
            let same = distinct.firstIndex { !$0.moment.isMark && $0.moment.isOfOneReading(with: moment) }
            if let same, !moment.isMark {
                distinct[same].also.append(moment.kind)
            } else {
                distinct.append((moment, []))
            }
        }
        return distinct
    }
}

extension RecordedMoment {
    /// No two readings of a process are made at one time; one may have been given its names for one kind only.
    fileprivate func isOfOneReading(with other: RecordedMoment) -> Bool {
        seconds == other.seconds && (report.sites == nil) == (other.report.sites == nil)
            && (unreachable == nil) == (other.unreachable == nil)
    }
}

extension RecordedMoment.Kind {
    /// What a file calls it.
    fileprivate var word: String {
        switch self {
        case .peak: "peak"
        case .fragmentation: "fragmentation"
        case .mark: "mark"
        case .end: "end"
        }
    }
}
