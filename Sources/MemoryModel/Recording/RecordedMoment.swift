/// A whole report on a process at one moment of a recording.
package struct RecordedMoment: Sendable {
    package enum Kind: Hashable, Sendable {
        /// The reading with the highest RSS.
        case peak
        /// The reading with the most free bytes on heap pages: `heap.fragmented`, `heap.retained` and `heap.kept`.
        case fragmentation
        /// The program, or a person, said so.
        case mark(String)
        /// The last reading.
        case end
    }

    package var kind: Kind
    /// Which of the marks of its name in its process it is, from 1, as some may have been left out; `nil` where it is to be
    /// counted.
    package var number: Int?
    /// Since the command was started.
    package var seconds: Double
    package var report: Report
    /// What was proved to be leaked then, where that was asked for.
    package var unreachable: UnreachableReport?
    /// Why that was not proved, in a sentence, where it was asked for.
    package var proofFailure: String?

    package init(
        _ kind: Kind, number: Int? = nil, seconds: Double, report: Report, unreachable: UnreachableReport? = nil,
        proofFailure: String? = nil
    ) {
        self.kind = kind
        self.number = number
        self.seconds = seconds
        self.report = report
        self.unreachable = unreachable
        self.proofFailure = proofFailure
    }
}

/// Which moment of a process is meant, as a person writes it: `peak`, `fragmentation`, `exit`, or the name of a mark;
/// `NAME#2` for the second mark of a name that was set more often.
package struct MomentName: Hashable, Sendable, CustomStringConvertible {
    package var kind: RecordedMoment.Kind
    /// Of the marks of this name which, from 1; `nil`: the last.
    package var occurrence: Int?

    package init(_ kind: RecordedMoment.Kind, occurrence: Int? = nil) {
        self.kind = kind
        self.occurrence = occurrence
    }

    /// `nil` for an empty text.
    package init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        switch text {
        case "peak": self.init(.peak)
        case "fragmentation": self.init(.fragmentation)
        case "exit": self.init(.end)
        default:
            let parts = text.split(separator: "#", omittingEmptySubsequences: false)
            if parts.count == 2, !parts[0].isEmpty, let occurrence = Int(parts[1]), occurrence > 0 {
                self.init(.mark(String(parts[0])), occurrence: occurrence)
            } else {
                self.init(.mark(text))
            }
        }
    }

    package var description: String {
        let name =
            switch kind {
            case .peak: "peak"
            case .fragmentation: "fragmentation"
            case .end: "exit"
            case .mark(let name): name
            }
        return name + (occurrence.map { "#\($0)" } ?? "")
    }
}

extension RecordedMoment {
    package var isMark: Bool { kind.isMark }
}

extension MomentName {
    package var isMark: Bool { kind.isMark }
}

extension RecordedMoment.Kind {
    fileprivate var isMark: Bool { if case .mark = self { true } else { false } }
}

extension RecordedProcess {
    /// All marks of a name, or all moments of another kind, by time.
    package func moments(_ kind: RecordedMoment.Kind) -> [RecordedMoment] { moments.filter { $0.kind == kind } }

    /// The same, each with its number from 1: of marks some may have been left out.
    package func numbered(_ kind: RecordedMoment.Kind) -> [(number: Int, moment: RecordedMoment)] {
        moments(kind).enumerated().map { ($0.element.number ?? $0.offset + 1, $0.element) }
    }

    package subscript(name: MomentName) -> RecordedMoment? {
        let all = numbered(name.kind)
        guard let occurrence = name.occurrence else { return all.last?.moment }
        return all.first { $0.number == occurrence }?.moment
    }
}
