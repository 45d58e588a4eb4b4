import ArgumentParser
import Budgets
import Glibc
import MemoryModel
import Recordings
import System

/// `silt check`: recordings, or a command, held against a budget and a baseline.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks what a command held against a budget and a baseline, for CI.",
        usage: """
            silt check --budget <file> [--baseline <file>] [<options>] <recording> ...
            silt check --budget <file> [--baseline <file>] [<options>] [--runs <n>] [--leaks] -- <command> ...
            silt check --baseline <file> --update-baseline --runs 5 -- <command> ...
            """,
        discussion: """
            A budget is JSON with comments: {"limits": [{"process": "service*", "at": "exit", "heap.retained": "8 MiB"}]}. \
            A baseline holds five runs or more; how far a row may be from their median follows from their spread. Several \
            recordings are several runs: the median decides.

            Status: 0 all limits hold, 1 a limit is exceeded, 2 unusable arguments or files, 3 something could not be \
            measured, 4 with --strict, less than the baseline.
            """)

    @OptionGroup var against: CheckSources
    @OptionGroup var outputs: CheckOutputs

    @Flag(help: "Write the runs into the baseline instead of judging them by it.")
    var updateBaseline = false

    @Option(
        help: ArgumentHelp(
            "Run the command so often. (default: once; 7 times where a baseline leaves a row in doubt)", valueName: "n")
    )
    var runs: Int?

    @Flag(help: "Prove at the exit of every process which memory is leaked.")
    var leaks = false

    @Flag(help: "End with 4 where a row is below the baseline by more than the tolerance.")
    var strict = false

    @Argument(help: ArgumentHelp("Files that 'silt run --record' wrote: each is a run.", valueName: "recording"))
    var recordings: [String] = []

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after '--'.")
    var command: [String] = []

    func validate() throws {
        guard recordings.isEmpty || command.isEmpty else {
            throw ValidationError("recordings and a command exclude one another: give one of them")
        }
        guard !recordings.isEmpty || !command.isEmpty else {
            throw ValidationError("nothing to check: give recordings, or a command after '--'")
        }
        guard !command.isEmpty || (runs == nil && !leaks) else {
            throw ValidationError("--runs and --leaks are for a command: recordings are what they are")
        }
        if let runs, !(1...100).contains(runs) {
            throw ValidationError("'\(runs)' is no number of runs: give one from 1 to 100")
        }
        guard !updateBaseline || against.baseline != nil else {
            throw ValidationError("--update-baseline writes a baseline: name it with --baseline")
        }
    }

    func run() throws {
        // All files before the command: its work is not to be lost for a name that cannot be read or written.
        var options = try against.options(isUpdate: updateBaseline)
        options.isStrict = strict
        let outputs = try OpenOutputs.open(outputs)
        if updateBaseline { try against.checkWritable() }
        var report: CheckReport
        do {
            report = try found(options)
        } catch let failure as Failure where failure.status == Failure.cannotMeasure {
            report = CheckReport(command: command, runs: 0, processes: 0)
            report.failures = [.notRun(failure.message)]
        }
        outputs.write(report)
        Glibc.exit(report.status.exitStatus)
    }

    /// What is doubtful after one run takes so many in all. Seven tell a shift of four standard deviations from noise, with
    /// a baseline of twenty.
    private static let runsInDoubt = 7

    private func found(_ options: CheckOptions) throws -> CheckReport {
        guard recordings.isEmpty else { return try judged(recordings.map(readRun), options) }
        var measured = try measured(runs ?? 1)
        let report = try judged(measured, options)
        guard runs == nil, !updateBaseline, report.isDoubtful else { return report }
        measured += try self.measured(Self.runsInDoubt - 1)
        var second = try judged(measured, options)
        second.notes.append(.repeated(measured.count))
        return second
    }

    private func measured(_ count: Int) throws -> [Recording] {
        let options = try runOptions(command, all: true, proves: leaks)
        var measured: [Recording] = []
        // After a run that failed, or that a person interrupted, another tells no more.
        while measured.count < count, measured.last?.end.map({ $0.status == .exited(0) }) ?? true {
            func run() throws -> Recording { try record(options, interval: 0.1, to: nil) }
            // The document is to be alone there.
            measured.append(outputs.json && outputs.out == nil ? try withOutputToErrors(run) : try run())
        }
        return measured
    }

    /// A baseline that is updated is not what the runs are judged by.
    private func judged(_ runs: [Recording], _ options: CheckOptions) throws -> CheckReport {
        guard updateBaseline else { return check(runs, options) }
        var withoutBaseline = options
        withoutBaseline.baseline = nil
        // What is relative to a baseline cannot be asked while it is being made.
        withoutBaseline.budget?.limits.removeAll { $0.bound.isRelative }
        var report = check(runs, withoutBaseline)
        guard report.failures.isEmpty else { return report }
        switch (options.baseline ?? Baseline()).updated(with: runs, budget: options.budget ?? Budget()) {
        case .written(let baseline, let isAnew):
            try against.write(baseline)
            report.notes.append(.updated(new: runs.count, runs: baseline.runs, isAnew: isAnew))
        case .refused:
            throw Failure(
                "these runs are not like those of \(against.baseline ?? ""): give --runs 5 to begin it anew",
                status: Failure.cannotMeasure)
        }
        return report
    }

    /// As other commands read it, compressed or not; a report is not how a run ended.
    private func readRun(_ path: String) throws -> Recording {
        guard case .recording(let recording) = try SavedFile.load(path) else {
            throw Failure(
                "cannot use \(path): it is a report, and no recording; make one with 'silt run --record'",
                status: Failure.usage)
        }
        return recording
    }
}
