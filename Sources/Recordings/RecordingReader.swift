import JSONText
import MemoryModel

/// Takes the lines of a recording, one after the other.
struct RecordingReader {
    static let schema = "silt.recording/1"
    /// A line becomes a tree of some twenty times its size. A report with every answer takes some hundred KB.
    static let lineAtMost = 16 << 20
    static let processesAtMost = 1 << 16
    /// Over all processes. What silt records is thinned to far less.
    static let pointsAtMost = 1 << 20

    private var recording: Recording
    private var columns: PointColumns
    /// The place of a process by its number in the file, which may be any.
    private var places: [Int: Int] = [:]
    private var points = 0
    /// What a later line may take the place of.
    private var latest: [MomentKey: RecordedMoment] = [:]
    private var degraded: [String] = []

    /// - Parameter start: the first line.
    init(start: [UInt8]) throws(RecordingError) {
        guard start.count <= Self.lineAtMost else {
            throw RecordingError("its first line is too long; \(RecordingError.advice)")
        }
        let node: JSONNode
        let schema: String
        do {
            node = try JSONNode.parse(start)
            schema = try node.text("schema")
        } catch {
            throw RecordingError(error)
        }
        guard schema == Self.schema else { throw .foreign(schema: schema, wanted: Self.schema) }
        do {
            recording = Recording(
                version: try node.textIfAny("silt"), command: try node.texts("command"),
                environment: try Self.environment(node), startedAt: try node.figure("started_at"),
                intervalSeconds: try node.figure("interval_seconds"))
            columns = PointColumns(try node.texts("columns"))
        } catch {
            throw RecordingError(error)
        }
        if columns.hasLater { note(DocumentReader.later) }
    }

    private static func environment(_ node: JSONNode) throws(JSONError) -> [RecordedFact] {
        guard let members = try node["environment"]?.object() else { return [] }
        return try members.map { (member) throws(JSONError) in
            RecordedFact(member.key.name, try member.value.string())
        }
        .sorted { $0.name < $1.name }
    }

    /// Any further line. What cannot be taken is left out, and said.
    mutating func take(_ line: ArraySlice<UInt8>) {
        guard !line.isEmpty else { return }
        do {
            guard line.count <= Self.lineAtMost else { throw JSONError(line: 1, "it is too long") }
            let node = try JSONNode.parse(Array(line))
            switch try node.text("line") {
            case "process": try process(node)
            case "points": try points(node)
            case "moment": try moment(node)
            case "ended": try ended(node)
            case "end": try end(node)
            default: break
            }
        } catch {
            note("lines-damaged")
        }
    }

    /// What was taken, in order.
    var finished: Recording {
        var recording = recording
        var degraded = degraded
        for process in recording.processes.indices {
            for kind in [RecordedMoment.Kind.peak, .fragmentation, .end] {
                guard let moment = latest[MomentKey(process: process, kind: kind)] else { continue }
                recording.processes[process].moments.append(moment)
            }
        }
        for index in recording.processes.indices {
            if !recording.processes[index].order() { degraded.append("points-disordered") }
            if !recording.processes[index].checkNumbers() { degraded.append("lines-damaged") }
        }
        if recording.end == nil { degraded.append("cut-off") }
        for identifier in degraded where !recording.degraded.contains(identifier) {
            recording.degraded.append(identifier)
        }
        return recording
    }

    private mutating func note(_ identifier: String) {
        if !degraded.contains(identifier) { degraded.append(identifier) }
    }

    // Lines -----------------------------------------------------------------------------------------------------------

    private mutating func process(_ node: JSONNode) throws(JSONError) {
        let number = try node.amount("process")
        let (pid, parent) = (try node.amount("pid"), try node.amountIfAny("parent"))
        let isCovered = try node["covered"]?.bool() ?? true
        let (command, start) = (try node.texts("command"), try node.figure("start_seconds"))
        if let place = places[number] {
            recording.processes[place].pid = pid
            recording.processes[place].parent = parent
            recording.processes[place].command = command
            return
        }
        guard recording.processes.count < Self.processesAtMost else { return note("processes-full") }
        let place = recording.processes.count
        places[number] = place
        recording.processes.append(
            RecordedProcess(
                index: place, pid: pid, parent: parent, command: command, isCovered: isCovered, startSeconds: start))
    }

    /// The place of a line's process. One that was not introduced is beyond the most, or the file is damaged.
    private func place(_ node: JSONNode) throws(JSONError) -> Int? {
        let number = try node.amount("process")
        if places[number] == nil, recording.processes.count < Self.processesAtMost {
            throw JSONError(line: node.line, "process \(number) was not introduced")
        }
        return places[number]
    }

    private mutating func points(_ node: JSONNode) throws(JSONError) {
        guard let place = try place(node) else { return }
        for item in try node.required("points").array() {
            guard points < Self.pointsAtMost else { return note("points-full") }
            guard let point = columns.point(item) else {
                note("lines-damaged")
                continue
            }
            recording.processes[place].series.points.append(point)
            points += 1
        }
    }

    private mutating func moment(_ node: JSONNode) throws(JSONError) {
        guard let place = try place(node) else { return }
        let word = try node.text("moment")
        guard let kind = word == "mark" ? .mark(try node.text("name")) : Self.kinds[word] else {
            return note(DocumentReader.later)
        }
        var reader = DocumentReader()
        let report = try reader.report(try Self.document(node.required("report"), "silt.report/1"))
        let unreachable = try node["unreachable"].map { (node) throws(JSONError) in
            try reader.unreachable(try Self.document(node, "silt.unreachable/1"))
        }
        let moment = RecordedMoment(
            kind, number: try node.amountIfAny("number"), seconds: try node.figure("seconds"), report: report,
            unreachable: unreachable, proofFailure: try node["unreachable_failed"]?.string())
        guard moment.isMark else {
            for word in [word] + (node["also"] == nil ? [] : try node.texts("also")) {
                guard let kind = Self.kinds[word] else {
                    note(DocumentReader.later)
                    continue
                }
                var moment = moment
                moment.kind = kind
                latest[MomentKey(process: place, kind: kind)] = moment
            }
            return
        }
        recording.processes[place].moments.append(moment)
    }

    /// But for marks, which have a name.
    private static let kinds: [String: RecordedMoment.Kind] = [
        "peak": .peak, "fragmentation": .fragmentation, "end": .end,
    ]

    /// A document within a line, of the schema that is read.
    private static func document(_ node: JSONNode, _ schema: String) throws(JSONError) -> JSONNode {
        guard try node.text("schema") == schema else { throw JSONError(line: node.line, "it is no \(schema)") }
        return node
    }

    private mutating func ended(_ node: JSONNode) throws(JSONError) {
        guard let place = try place(node) else { return }
        let (seconds, highWater) = (try node.figureIfAny("seconds"), try node.bytes("high_water_bytes"))
        let word = try node.textIfAny("ending")
        let ending = ProcessRun.Ending(rawValue: word)
        if ending == nil, !word.isEmpty { note(DocumentReader.later) }
        recording.processes[place].endSeconds = seconds
        recording.processes[place].ending = ending
        recording.processes[place].highWater = highWater
    }

    private mutating func end(_ node: JSONNode) throws(JSONError) {
        let seconds = try node.figure("seconds")
        if let signal = try node.amountIfAny("signaled") {
            recording.end = Recording.End(seconds: seconds, status: .signaled(signal))
        } else {
            recording.end = Recording.End(seconds: seconds, status: .exited(try node.amount("exited")))
        }
        recording.degraded = try node.identifiers("degraded")
    }
}

/// Of which process, and which moment.
private struct MomentKey: Hashable {
    var process: Int
    var kind: RecordedMoment.Kind
}

extension RecordedProcess {
    /// `false` where marks of a name have numbers that do not rise from 1 on, or only some have any: then they are counted.
    fileprivate mutating func checkNumbers() -> Bool {
        let marks = Dictionary(grouping: moments.indices.filter { moments[$0].isMark }) { moments[$0].kind }
        var isRight = true
        for places in marks.values {
            let numbers = places.map { moments[$0].number }
            guard !numbers.allSatisfy({ $0 == nil }) else { continue }
            let known = numbers.compactMap(\.self)
            let rises = known.count == numbers.count && zip([0] + known, known).allSatisfy { $0 < $1 }
            guard !rises else { continue }
            for place in places { moments[place].number = nil }
            isRight = false
        }
        return isRight
    }

    /// Sorts what has a time. `false` where the points were not in order.
    fileprivate mutating func order() -> Bool {
        moments = moments.enumerated().sorted { ($0.element.seconds, $0.offset) < ($1.element.seconds, $1.offset) }
            .map(\.element)
        // Of a process whose end was not seen, what its reports saw.
        highWater = max(highWater, moments.compactMap(\.report.process.highWater).max() ?? 0)
        let isOrdered = zip(series.points, series.points.dropFirst()).allSatisfy { $0.seconds <= $1.seconds }
        if !isOrdered {
            series.points = series.points.enumerated()
                .sorted { ($0.element.seconds, $0.offset) < ($1.element.seconds, $1.offset) }.map(\.element)
        }
        return isOrdered
    }
}
