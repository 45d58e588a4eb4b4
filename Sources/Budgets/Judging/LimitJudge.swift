import MemoryModel

/// Holds the limits of a budget against some runs of a command.
struct LimitJudge {
    var runs: [Recording]
    var groups: [ProcessGroup]
    var figures: Figures
    var baseline: Baseline?

    /// Every limit on every process that it is about; one that it is about none of stands there once, unmeasured.
    func judgements(_ limits: [Budget.Limit]) -> [Judgement] { limits.flatMap(judgements) }

    private func judgements(_ limit: Budget.Limit) -> [Judgement] {
        let matching = groups.filter { $0.matches(limit.process) }
        guard !matching.isEmpty else {
            return [unmeasured(limit, .noProcess(limit.process?.pattern ?? "*"))]
        }
        var found: [Judgement] = []
        var missing: Unmeasured?
        for group in matching {
            switch Result(catching: { () throws(Unmeasured) in try judgement(limit, group) }) {
            case .success(let judgement): found.append(judgement)
            // Not every process sets every mark; one of those that a limit is about has to.
            case .failure(.noMoment(let moment)): missing = .noMoment(moment)
            // Nothing but a process that carries the library sets marks.
            case .failure(.uncovered) where limit.process == nil && limit.test.isAtMark: missing = missing ?? .uncovered
            // Told once: a build has hundreds of them.
            case .failure(.uncovered)
            where limit.process == nil && found.contains { $0.outcome == .unmeasured(.uncovered) }:
                continue
            // Children that come and go: the report counts them.
            case .failure(.noReading) where limit.process == nil: missing = missing ?? .noReading
            case .failure(let reason): found.append(unmeasured(limit, reason, process: group.key.text))
            }
        }
        if found.isEmpty, let missing {
            let name = matching.count == 1 ? matching[0].key.text : ""
            return [unmeasured(limit, missing, process: name)]
        }
        return found
    }

    private func unmeasured(_ limit: Budget.Limit, _ reason: Unmeasured, process: String = "") -> Judgement {
        Judgement(
            subject: limit.test.subject, process: process, source: .budget(line: limit.line),
            outcome: .unmeasured(reason))
    }

    private func judgement(_ limit: Budget.Limit, _ group: ProcessGroup) throws(Unmeasured) -> Judgement {
        let present = group.processes.compactMap(\.self)
        if limit.process != nil, present.count < runs.count {
            throw .missingInRuns(present.count, of: runs.count)
        }
        var judgement = Judgement(
            subject: limit.test.subject, process: group.key.text, source: .budget(line: limit.line))
        let measured: [Measured]
        do {
            measured = try present.map { process throws(Unmeasured) in try measure(limit, process, group.key) }
        } catch .noMoment(let name) {
            let count = present.count { $0[name] != nil }
            throw count == 0 ? .noMoment(name) : .missingInRuns(count, of: present.count)
        }
        judgement.set(measured)
        judgement.limitText = limit.bound.text
        if limit.bound.isRelative { judgement.comparison = compared(limit, group.key) }
        if judgement.outcome == .exceeded { explain(&judgement, limit, group) }
        return judgement
    }

    private func measure(
        _ limit: Budget.Limit, _ process: RecordedProcess, _ key: ProcessKey
    ) throws(Unmeasured) -> Measured {
        switch limit.test {
        case .quantity(let quantity, let name, let bound):
            let value = try figures.figure(quantity, process, at: name)
            let most = try self.limit(bound, quantity, process, at: name, key)
            if quantity == .leaked, value <= most { try process.moment(name).checkProof() }
            // It may have grown after the last look.
            if !process.isCovered, value <= most { throw .uncovered }
            return Measured(value: value, limit: most)
        case .growth(let quantity, let from, let to, _, let bound):
            let before = try figures.figure(quantity, process, at: from)
            guard try process.moment(from).seconds <= process.moment(to).seconds else {
                throw .momentsReversed(from, to)
            }
            return Measured(value: try figures.figure(quantity, process, at: to) - before, limit: bound.amount)
        case .slope(let quantity, let mark, let bound):
            _ = try process.moment(MomentName(.mark(mark)))
            let marks = process.numbered(.mark(mark))
            guard marks.count >= Slope.leastValues else { throw .fewMarks(marks.count, of: mark) }
            let points = try marks.map { mark throws(Unmeasured) in
                Slope.Point(step: mark.number, value: try figures.figure(quantity, mark.moment))
            }
            let slope = Slope(points, limit: bound.amount)
            return Measured(value: slope.perStep, limit: bound.amount, exceeds: slope.exceeds)
        case .site(let pattern, let unit, let name, let bound):
            let found = try process.moment(name).held(by: pattern, unit, within: bound.amount)
            return Measured(value: found.value, limit: bound.amount, error: found.error)
        }
    }

    private func limit(
        _ bound: Bound, _ quantity: Quantity, _ process: RecordedProcess, at name: MomentName, _ key: ProcessKey
    ) throws(Unmeasured) -> Double {
        if case .shareOfRSS(let share) = bound { return try figures.figure(.rss, process, at: name) * share }
        guard bound.isRelative else { return bound.amount }
        let values = baseline?.values(of: quantity, key, at: name) ?? []
        guard values.count >= Baseline.leastRuns else { throw .notInBaseline }
        if case .shareAbove(let share) = bound { return values.median * (1 + share) }
        return values.median + bound.amount
    }

    private func compared(_ limit: Budget.Limit, _ key: ProcessKey) -> Judgement.Comparison? {
        guard case .quantity(let quantity, let name, _) = limit.test,
            let values = baseline?.values(of: quantity, key, at: name), !values.isEmpty
        else { return nil }
        return Judgement.Comparison(median: values.median, spread: values.spread, runs: values.count)
    }

    /// Who grew, and what to do: as the last run has it.
    private func explain(_ judgement: inout Judgement, _ limit: Budget.Limit, _ group: ProcessGroup) {
        guard let process = group.processes.last(where: { $0 != nil }) ?? nil else { return }
        let (quantity, name, earlier) = limit.test.explained
        guard let now = try? process.moment(name) else { return }
        judgement.remedies = now.report.remedies(for: quantity)
        let before =
            earlier.flatMap { process[$0] }?.siteFigures(of: quantity)
            ?? baseline?.sites(of: quantity, group.key, at: name)
            ?? process.firstMark(before: now)?.siteFigures(of: quantity)
        judgement.sites = siteChanges(now.siteFigures(of: quantity), since: before)
    }
}

extension RecordedMoment {
    /// A proof that leaves blocks undecided can find too much, and never enough.
    fileprivate func checkProof() throws(Unmeasured) {
        if let unreachable, !unreachable.isComplete { throw .proofIncomplete(unreachable.decidedShare) }
    }
}

extension RecordedProcess {
    /// The first mark with sites, if it was set before a moment.
    fileprivate func firstMark(before moment: RecordedMoment) -> RecordedMoment? {
        moments.first { $0.isMark && $0.report.sites != nil && $0.seconds < moment.seconds }
    }
}

/// One run of one limit.
struct Measured {
    var value: Double
    var limit: Double
    var error = 0.0
    /// Where it takes more than a comparison.
    var exceeds: Bool?
}

extension Judgement {
    /// The median decides. Of an estimate it is not the limit's fault where it lies within the error.
    mutating func set(_ measured: [Measured]) {
        let values = measured.map(\.value)
        value = values.median
        limit = measured.map(\.limit).median
        error = measured.map(\.error).median
        spread = values.spread
        runs = values.count
        let tests = measured.compactMap(\.exceeds)
        let exceeds = tests.isEmpty ? value - error > limit : tests.count { $0 } * 2 > tests.count
        outcome = exceeds ? .exceeded : .within
    }
}

extension Bound {
    /// Bytes, blocks or a share; of a relative one, what comes on top.
    var amount: Double {
        switch self {
        case .absolute(let amount), .shareOfRSS(let amount), .above(let amount), .shareAbove(let amount): amount
        }
    }

    /// How it was written, where it is no plain figure.
    fileprivate var text: String? {
        switch self {
        case .absolute, .above: nil
        case .shareOfRSS(let share): "\((share * 100).fixed(1)) % of RSS"
        case .shareAbove(let share): "+\((share * 100).fixed(1)) %"
        }
    }
}

extension Budget.Limit.Test {
    fileprivate var isAtMark: Bool {
        switch self {
        case .quantity(_, let name, _), .site(_, _, let name, _): name.isMark
        case .growth(_, let from, let to, _, _): from.isMark || to.isMark
        case .slope: true
        }
    }

    fileprivate var subject: Judgement.Subject {
        switch self {
        case .quantity(let quantity, let name, _): .quantity(quantity, at: name)
        case .growth(let quantity, let from, let to, let per, _): .growth(quantity, from: from, to: to, per: per)
        case .slope(let quantity, let mark, _): .slope(quantity, mark: mark)
        case .site(let pattern, let unit, let name, _): .site(pattern.pattern, unit, at: name)
        }
    }

    /// Whose sites are told, when, and since when.
    fileprivate var explained: (Quantity, MomentName, since: MomentName?) {
        switch self {
        case .quantity(let quantity, let name, _): (quantity, name, nil)
        case .growth(let quantity, let from, let to, _, _): (quantity, to, from)
        case .slope(let quantity, let mark, _):
            (quantity, MomentName(.mark(mark)), MomentName(.mark(mark), occurrence: 1))
        case .site(_, let unit, let name, _): (unit == .blocks ? .liveBlocks : .live, name, nil)
        }
    }
}
