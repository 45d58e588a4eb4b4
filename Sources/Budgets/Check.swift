package import MemoryModel

/// What some runs are held against.
package struct CheckOptions: Sendable {
    package var budget: Budget?
    package var baseline: Baseline?
    /// The names of their files, for messages.
    package var budgetFile: String?
    package var baselineFile: String?
    /// How far any size may be from the baseline, instead of what its spread says; in bytes.
    package var tolerance: Double?
    /// Whether an improvement is told by the status.
    package var isStrict = false

    package init() {}
}

/// Holds runs of one command against a budget and a baseline.
package func check(_ runs: [Recording], _ options: CheckOptions) -> CheckReport {
    let groups = processGroups(runs)
    var report = CheckReport(
        version: runs.last?.version ?? "", command: runs.last?.command ?? [], runs: runs.count,
        processes: groups.count, budgetFile: options.budgetFile, baselineFile: options.baselineFile)
    report.isStrict = options.isStrict
    for failure in runs.flatMap(\.failures) where !report.failures.contains(failure) {
        report.failures.append(failure)
    }
    let figures = Figures(suppressions: options.budget?.suppressions ?? [])
    // Limits that name a process say by themselves that it is missing; of nothing at all, one word is enough.
    if report.processes > 0, let budget = options.budget {
        let judge = LimitJudge(runs: runs, groups: groups, figures: figures, baseline: options.baseline)
        report.judgements += judge.judgements(budget.limits)
    }
    if let baseline = options.baseline {
        report.differences = differences(baseline.environment, runs.last?.environment ?? [])
        if baseline.runs < Baseline.leastRuns {
            report.failures.append(.fewRuns(baseline.runs))
        } else if report.processes > 0 {
            let judge = BaselineJudge(
                runs: runs.count, groups: groups, figures: figures, baseline: baseline, tolerance: options.tolerance,
                tolerances: options.budget?.tolerances ?? [:])
            let found = judge.judge()
            report.judgements += found.judgements
            report.notes += found.notes
        }
    }
    let unread = runs.reduce(0) { $0 + $1.processes.count { $0.moments.isEmpty } }
    if unread > 0 { report.notes.append(.unread(unread)) }
    report.notes += groups.filter { $0.processes.contains { $0?.ending == .running } }.map {
        .stillRunning(process: $0.key.text)
    }
    return report
}

extension Recording {
    /// Why nothing of it may be taken for the whole.
    fileprivate var failures: [Unmeasured] {
        var found: [Unmeasured] = []
        var missing = degraded
        if end == nil, missing.isEmpty { missing = ["cut-off"] }
        if !missing.isEmpty { found.append(.recordingIncomplete(missing)) }
        switch end?.status {
        case .exited(let status) where status != 0: found.append(.commandExited(status))
        case .signaled(let signal): found.append(.commandSignaled(signal))
        default: break
        }
        // One that was never read did announce itself.
        let isCovered = processes.contains { process in
            process.moments.isEmpty || process.moments.contains { $0.report.coverage.source != "none" }
        }
        if !isCovered { found.append(.nothingPreloaded) }
        return found
    }
}

/// What is another, is missing or has come since a baseline was measured.
private func differences(_ before: [RecordedFact], _ now: [RecordedFact]) -> [CheckReport.Difference] {
    func value(_ name: String, _ facts: [RecordedFact]) -> String? { facts.first { $0.name == name }?.value }
    var names: [String] = []
    for fact in before + now where !names.contains(fact.name) { names.append(fact.name) }
    return names.compactMap { name in
        let (earlier, later) = (value(name, before), value(name, now))
        return earlier == later ? nil : CheckReport.Difference(name, before: earlier, now: later)
    }
}
