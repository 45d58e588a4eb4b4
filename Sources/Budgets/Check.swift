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
    let ignored = options.budget?.ignored ?? []
    let runs = runs.map { $0.ignoring(ignored) }
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
    if let baseline = options.baseline?.ignoring(ignored) {
        report.differences = differences(from: baseline.environment, to: runs.last?.environment ?? [])
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
    let unread = runs.reduce(0) { $0 + $1.processes.count { $0.moments.isEmpty && $0.isCovered } }
    if unread > 0 { report.notes.append(.unread(unread)) }
    if let note = uncovered(groups) { report.notes.append(note) }
    let lost = groups.filter { $0.key.isCovered && $0.processes.contains { $0?.ending == .lost } }
    if let first = lost.first { report.notes.append(.lost(process: first.key.text, count: lost.count)) }
    let running = groups.filter { $0.key.isCovered && $0.processes.contains { $0?.ending == .running } }
    report.notes += running.map {
        .stillRunning(process: $0.key.text)
    }
    return report
}

/// The largest of them, and how many there are.
private func uncovered(_ groups: [ProcessGroup]) -> CheckReport.Note? {
    let uncovered = groups.filter { !$0.key.isCovered }.map { group in
        (process: group.key.text, rss: group.processes.compactMap { $0?.highestRSS }.max() ?? 0)
    }
    return uncovered.max { $0.rss < $1.rss }.map { largest in
        .uncovered(process: largest.process, rss: largest.rss, count: uncovered.count)
    }
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
        let isAnyCovered = processes.contains { process in
            process.isCovered
                && (process.moments.isEmpty || process.moments.contains { $0.report.coverage.source != "none" })
        }
        if !isAnyCovered { found.append(.nothingPreloaded) }
        return found
    }
}
