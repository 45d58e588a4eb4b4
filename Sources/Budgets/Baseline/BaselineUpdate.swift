package import MemoryModel

extension Baseline {
    /// With further runs, without the oldest where they become too many.
    ///
    /// - Parameter suppressions: Leaks that are known and accepted: they are no part of the figures.
    package func adding(_ runs: [Recording], suppressions: [Suppression] = []) -> Baseline {
        guard let newest = runs.last else { return self }
        var result = self
        result.version = newest.version
        result.command = newest.command
        result.environment = newest.environment
        result.startedAt = Array((startedAt + runs.map(\.startedAt)).suffix(Baseline.mostRuns))
        let figures = Figures(suppressions: suppressions)
        for group in processGroups(runs) {
            for process in group.processes.compactMap(\.self) where process.isCovered {
                result.add(process, group.key, figures)
            }
        }
        return result
    }

    private mutating func add(_ process: RecordedProcess, _ key: ProcessKey, _ figures: Figures) {
        let index = processes.firstIndex { $0.key == key } ?? processes.count
        if index == processes.count { processes.append(Process(key: key)) }
        for name in process.momentNames {
            guard let moment = try? process.moment(name) else { continue }
            let place = processes[index].moments.firstIndex { $0.name == name } ?? processes[index].moments.count
            if place == processes[index].moments.count { processes[index].moments.append(Moment(name: name)) }
            for quantity in Quantity.all {
                guard let figure = try? figures.figure(quantity, process, at: name) else { continue }
                let values = processes[index].moments[place].figures[quantity, default: []] + [figure]
                processes[index].moments[place].figures[quantity] = values.suffix(Baseline.mostRuns)
            }
            for quantity in Quantity.withSites {
                let sites = moment.siteFigures(of: quantity)
                guard !sites.isEmpty, let siteKey = quantity.siteKey else { continue }
                processes[index].moments[place].sites[siteKey] = Array(sites.prefix(20))
            }
        }
    }
}

extension RecordedProcess {
    /// The moments that a baseline keeps: the exit, the peak and the last mark of each name. A program that makes up
    /// names as it goes has no moments that a later run could be compared at: the first hundred are kept.
    var momentNames: [MomentName] {
        var names = [MomentName(.end), MomentName(.peak)]
        for moment in moments {
            let name = MomentName(moment.kind)
            guard moment.isMark, names.count < 100, !names.contains(name) else { continue }
            // `warm#2` as a name of its own could not be told from the second `warm`.
            if MomentName(name.description) == name { names.append(name) }
        }
        return names
    }
}

extension Baseline {
    /// What comes of a baseline when there are new runs.
    package enum Update {
        /// - Parameter isAnew: Whether its own runs were left out, as the new ones are not like them.
        case written(Baseline, isAnew: Bool)
        /// The new runs are not like its own, and too few for a baseline by themselves: together they would be one that
        /// lets anything between pass.
        case refused
    }

    /// - Parameter budget: Whose processes are ignored and whose leaks suppressed, and what its rows may be off by.
    package func updated(with runs: [Recording], budget: Budget = Budget()) -> Update {
        let runs = runs.map { $0.ignoring(budget.ignored) }
        let suppressions = budget.suppressions
        func added(to baseline: Baseline) -> Baseline { baseline.adding(runs, suppressions: suppressions) }
        guard self.runs >= Baseline.leastRuns else { return .written(added(to: self), isAnew: false) }
        let judge = BaselineJudge(
            runs: runs.count, groups: processGroups(runs), figures: Figures(suppressions: suppressions),
            baseline: ignoring(budget.ignored), tolerances: budget.tolerances)
        let isAlike = judge.judge().judgements.allSatisfy { $0.outcome == .within }
        if isAlike { return .written(added(to: self), isAnew: false) }
        return runs.count < Baseline.leastRuns ? .refused : .written(added(to: Baseline()), isAnew: true)
    }
}
