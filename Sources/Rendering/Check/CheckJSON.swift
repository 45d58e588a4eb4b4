package import JSONText
package import MemoryModel

extension CheckReport {
    /// The document `silt.check/1`. Keys never change their meaning or order within a version; new ones may come.
    package var json: JSON {
        object(
            ("schema", .string("silt.check/1")),
            ("status", .string(status.rawValue)),
            ("exit_status", .integer(Int(status.exitStatus))),
            ("command", .array(command.map { .string($0.cut) })),
            ("runs", .integer(runs)),
            ("processes", .integer(processes)),
            ("budget", budgetFile.map(JSON.string) ?? .null),
            ("baseline", baselineFile.map(JSON.string) ?? .null),
            ("failures", .array(failures.map { .string($0.text(TextStyle())) })),
            ("limits", .array(judgements.map(\.json))),
            ("environment_differences", .array(differences.map(\.json))),
            ("notes", .array(notes.map { .string($0.text(TextStyle())) })))
    }
}

extension FactDifference {
    var json: JSON {
        object(
            ("name", .string(name.cut)), ("before", before.map { .string($0.cut) } ?? .null),
            ("now", now.map { .string($0.cut) } ?? .null))
    }
}

extension Judgement {
    /// Figures are in `unit`: bytes, blocks or a share; of a slope, in that a mark. They are `null` where nothing was
    /// measured.
    fileprivate var json: JSON {
        let text = text(TextStyle())
        var members = [
            JSON.Member("outcome", .string(outcome.name)), JSON.Member("quantity", .string(text.row)),
            JSON.Member("process", .string(process.cut)), JSON.Member("at", .string(text.place)),
            JSON.Member("unit", .string(unit.rawValue)), JSON.Member("sentence", .string(text.sentence)),
        ]
        if case .budget(let line) = source { members.append(JSON.Member("line", .integer(line))) }
        guard runs > 0 else { return .object(members) }
        members += [
            JSON.Member("value", figure(value)), JSON.Member("limit", figure(limit)),
            JSON.Member("error", figure(error)),
            JSON.Member("spread", .array([figure(spread.lowerBound), figure(spread.upperBound)])),
            JSON.Member("runs", .integer(runs)), JSON.Member("limit_in_spread", .bool(isLimitInSpread)),
        ]
        if let comparison { members.append(JSON.Member("baseline", json(comparison))) }
        members.append(JSON.Member("sites", .array(sites.map(\.json))))
        members.append(JSON.Member("remedies", .array(remedies.map { .string($0.action) })))
        return .object(members)
    }

    private func json(_ comparison: Comparison) -> JSON {
        object(
            ("median", figure(comparison.median)),
            ("spread", .array([figure(comparison.spread.lowerBound), figure(comparison.spread.upperBound)])),
            ("runs", .integer(comparison.runs)), ("tolerance", figure(comparison.tolerance)),
            ("shift", figure(comparison.shift)))
    }

    private func figure(_ value: Double) -> JSON {
        switch unit {
        case .bytes, .blocks: .integer(Int(rounding: value))
        case .share: .number(value)
        }
    }
}

extension Judgement.Outcome {
    var name: String {
        switch self {
        case .within: "within"
        case .exceeded: "exceeded"
        case .improved: "improved"
        case .unmeasured: "unmeasured"
        }
    }
}

extension SiteChange {
    fileprivate var json: JSON {
        object(
            ("frame", frame?.json ?? .null), ("before_bytes", before.map { .integer($0.rawValue) } ?? .null),
            ("bytes", .integer(now.rawValue)), ("error_bytes", .integer(error.rawValue)))
    }
}
