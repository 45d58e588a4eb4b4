import MemoryModel

/// Holds some runs of a command against a baseline.
struct BaselineJudge {
    var runs: Int
    var groups: [ProcessGroup]
    var figures: Figures
    var baseline: Baseline
    /// For all sizes, and by quantity: instead of what the spread says.
    var tolerance: Double?
    var tolerances: [Quantity: Double]

    /// What an allocator or a program is to blame for. `files`, `kernel` and `silt` are the machine's, and `unexplained`
    /// is the remainder.
    private static let judged: [Quantity] = [
        .row(.heapLive), .row(.heapRetained), .row(.heapKept), .row(.heapFragmented), .row(.mappings), .row(.stacks),
        .row(.shared), .row(.moduleData), .live, .leaked,
    ]

    /// At its peak a process is met by chance, between two readings: only the kernel's mark is comparable.
    private func judged(at name: MomentName) -> [Quantity] {
        let usual = name.kind == .peak ? [.rss] : Self.judged
        return usual + Quantity.all.filter { tolerances[$0] != nil && !usual.contains($0) }
    }

    func judge() -> (judgements: [Judgement], notes: [CheckReport.Note]) {
        var judgements: [Judgement] = []
        for process in baseline.processes {
            let group = groups.first { $0.key == process.key }
            guard let group, group.processes.contains(where: { $0 != nil }) else {
                judgements += missing(process)
                continue
            }
            for moment in process.moments { judgements += judge(moment, process.key, group) }
        }
        return (judgements, notes())
    }

    /// What did not come at all is told once, not for each of its moments.
    private func missing(_ process: Baseline.Process) -> [Judgement] {
        for moment in process.moments {
            guard let quantity = known(moment).first, isExpected(moment, quantity) else { continue }
            return [unmeasured(.noProcess(process.key.text), quantity, moment, process.key)]
        }
        return []
    }

    private func known(_ moment: Baseline.Moment) -> [Quantity] {
        judged(at: moment.name).filter { moment.figures[$0, default: []].count >= Baseline.leastRuns }
    }

    /// What did not come in every run of the baseline need not come now.
    private func isExpected(_ moment: Baseline.Moment, _ quantity: Quantity) -> Bool {
        moment.figures[quantity, default: []].count == baseline.runs
    }

    private func unmeasured(
        _ reason: Unmeasured, _ quantity: Quantity, _ moment: Baseline.Moment, _ key: ProcessKey
    ) -> Judgement {
        Judgement(
            subject: .quantity(quantity, at: moment.name), process: key.text, source: .baseline,
            outcome: .unmeasured(reason))
    }

    private func judge(_ moment: Baseline.Moment, _ key: ProcessKey, _ group: ProcessGroup) -> [Judgement] {
        let known = known(moment)
        guard let first = known.first else { return [] }
        func unmeasured(_ reason: Unmeasured, _ quantity: Quantity) -> [Judgement] {
            guard isExpected(moment, quantity) || reason.isOfTheProcess else { return [] }
            return [self.unmeasured(reason, quantity, moment, key)]
        }
        let present = group.processes.compactMap(\.self)
        if present.count < runs { return unmeasured(.missingInRuns(present.count, of: runs), first) }
        var found: [Judgement] = []
        for quantity in known {
            do throws(Unmeasured) {
                let values = try present.map { process throws(Unmeasured) in
                    try figures.figure(quantity, process, at: moment.name)
                }
                found.append(judgement(quantity, moment, values, key, present))
            } catch  where quantity == .leaked && !error.isOfTheProcess {
                // Of leaks alone: everything else is as it was measured.
                found.append(self.unmeasured(error, quantity, moment, key))
            } catch {
                return withoutEcho(found) + unmeasured(error, first)
            }
        }
        return withoutEcho(found)
    }

    private func judgement(
        _ quantity: Quantity, _ moment: Baseline.Moment, _ values: [Double], _ key: ProcessKey,
        _ present: [RecordedProcess]
    ) -> Judgement {
        let earlier = moment.figures[quantity, default: []]
        let given = (quantity.unit == .bytes ? tolerance : nil) ?? tolerances[quantity]
        let noise = Tolerance(earlier, values, quantity)
        let tolerance = given ?? noise.value
        var judgement = Judgement(
            subject: .quantity(quantity, at: moment.name), process: key.text, source: .baseline)
        let comparison = Judgement.Comparison(
            median: earlier.median, spread: earlier.spread, runs: earlier.count, tolerance: tolerance,
            shift: noise.shift)
        judgement.comparison = comparison
        judgement.set(
            values.map { Measured(value: $0, limit: comparison.median + tolerance, exceeds: noise.shift > tolerance) })
        if noise.shift < -tolerance { judgement.outcome = .improved }
        judgement.isDoubtful = noise.shift > (given ?? noise.floor)
        if judgement.outcome == .exceeded, let now = try? present.last?.moment(moment.name) {
            judgement.remedies = now.report.remedies(for: quantity)
            let before = quantity.siteKey.flatMap { moment.sites[$0] }
            judgement.sites = siteChanges(now.siteFigures(of: quantity), since: before)
        }
        return judgement
    }

    /// What is live and resident is live: told once.
    private func withoutEcho(_ judgements: [Judgement]) -> [Judgement] {
        let row = judgements.first { $0.quantity == .row(.heapLive) }
        guard let row, row.outcome != .within else { return judgements }
        return judgements.filter { !($0.quantity == .live && $0.outcome == row.outcome) }
    }

    /// Processes and moments that cannot be compared yet.
    private func notes() -> [CheckReport.Note] {
        groups.flatMap { group in
            var names: [MomentName] = []
            for process in group.processes.compactMap(\.self) {
                for name in process.momentNames where !names.contains(name) && process[name] != nil {
                    names.append(name)
                }
            }
            return names.compactMap { name -> CheckReport.Note? in
                let counts = baseline.moment(group.key, name)?.figures.values.map(\.count) ?? []
                guard (counts.max() ?? 0) < Baseline.leastRuns else { return nil }
                return .notInBaseline(process: group.key.text, at: name)
            }
        }
    }
}

extension Judgement {
    fileprivate var quantity: Quantity? {
        guard case .quantity(let quantity, _) = subject else { return nil }
        return quantity
    }
}

extension Unmeasured {
    /// Whether the process was there, and could not be measured: that is no good news even where it is not always there.
    fileprivate var isOfTheProcess: Bool {
        switch self {
        case .killed, .booksIncomplete, .uncovered: true
        default: false
        }
    }
}
