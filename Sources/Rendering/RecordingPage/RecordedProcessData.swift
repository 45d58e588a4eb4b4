import JSONText
import MemoryModel

extension RecordedProcess {
    /// The most RSS that was seen, whoever saw it.
    var most: ByteCount {
        max(highWater, series.points.map(\.rss).max() ?? 0, moments.map(\.report.rss).max() ?? 0)
    }

    func data(of recording: Recording, _ strings: inout Interned<String>) -> JSON {
        let columns = Cause.allCases.indices.filter { column in
            series.points.contains { $0.isReading && $0.rows?[column] != 0 }
        }
        let moments = namedMoments.filter(\.moment.seconds.isFinite).sorted { $0.moment.seconds < $1.moment.seconds }
        return object(
            ("pid", .integer(pid)),
            ("command", .string(command.isEmpty ? "unknown" : commandText(command, style: TextStyle()).tame)),
            ("facts", .array(facts.map(JSON.string))),
            ("start", .number(startSeconds)),
            ("end", endSeconds.map(JSON.number) ?? .null),
            ("most", .integer(most.rawValue)),
            ("high_water", .integer(highWater.rawValue)),
            ("columns", .array(columns.map(JSON.integer))),
            ("points", .array(series.points.filter(\.seconds.isFinite).map { $0.data(columns) })),
            (
                "moments",
                .array(
                    moments.map { name, moment in
                        moment.data(name: name.words, isOver: ending != .running, &strings)
                    })
            ))
    }

    private var facts: [String] {
        var facts = ["pid \(pid)"]
        if let parent { facts.append("child of \(parent)") }
        if !isCovered { facts.append("without libsilt.so: only RSS is known") }
        switch isCovered ? ending : nil {
        case .exit?: facts.append("exited")
        case .exec?: facts.append("became another program")
        case .lost?: facts.append("killed or lost")
        case .running?: facts.append("outlived the command")
        case nil: break
        }
        if let endSeconds { facts.append("lived \(duration(endSeconds - startSeconds))") }
        return facts
    }
}

extension MomentName {
    /// For a person who does not type it.
    fileprivate var words: String { kind.name + (occurrence.map { "#\($0)" } ?? "") }
}

extension LedgerSeries.Point {
    /// Whether every row is known.
    fileprivate var isReading: Bool { rows?.count == Cause.allCases.count }

    /// `[seconds, rss, live]`, and of a reading the rows of these causes.
    fileprivate func data(_ columns: [Int]) -> JSON {
        let milliseconds = (max(-1e12, min(1e12, seconds)) * 1000).rounded()
        var figures: [JSON] = [.number(milliseconds / 1000), .integer(rss.rawValue), .integer(live.rawValue)]
        if let rows, isReading { figures += columns.map { .integer(rows[$0].rawValue) } }
        return .array(figures)
    }
}
