import ArgumentParser
import Attribution
import Capture
import Glibc
import MemoryModel
import Rendering
import System

/// `silt run COMMAND`: a command with the books kept, and a report on each of its processes when it ends.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a command, and reports where the memory of its processes was.",
        usage: """
            silt run [--json] [--out <file>] [--all] [--sample <bytes>] -- <command> [<argument> ...]
            silt run --record <file> [--interval <time>] [...] -- <command> [<argument> ...]
            silt run --leaks [--leak-exitcode <status>] [--suppressions <file>] [--json] [--out <file>] -- <command> ...
            """,
        discussion: """
            One report for each process that ever exceeded 10 MiB: at the highest RSS among its periodic readings, and \
            at its exit, which also names the code behind it. Signals are passed on, and silt ends as the command did.

            With --leaks, the proof of what is leaked instead, for every process at its exit: what nothing leads to any \
            more after its exit handlers have run, where LeakSanitizer looks too.

            With --record, a recording as well: how every process moved, and a whole report at its highest RSS, when most \
            heap was free, at each mark (silt_mark of silt.h, 'silt mark') and at its exit. 'silt report FILE' reads it.
            """)

    @Flag(help: "Print JSON (schema silt.run/1).")
    var json = false

    @Option(help: ArgumentHelp("Write the report to this file.", valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("Record the run in this file (silt.recording/1).", valueName: "file"))
    var record: String?

    @Option(
        help: ArgumentHelp(
            "With --record, look at each process so often; what is not cheap is done less often. (default: 100ms)",
            valueName: "time"))
    var interval: Interval?

    @Flag(help: "Report processes of any size.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Sample one allocation in about so many bytes; 1: every one, 0: none. (default: SILT_SAMPLE, or 524288)",
            valueName: "bytes"))
    var sample: Int?

    @Flag(help: "Prove at the exit of every process which memory is leaked (samples every allocation).")
    var leaks = false

    @Option(
        help: ArgumentHelp(
            "With --leaks, end with this status where anything is leaked and no signal ended the command.",
            valueName: "status"))
    var leakExitcode: Int32?

    @OptionGroup var suppressions: SuppressionOptions

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments, after '--'.")
    var command: [String] = []

    /// The command without the `--` before it.
    private var words: [String] { get throws { try commandWords(command) } }

    func validate() throws {
        if let sample, sample < 0 {
            throw ValidationError("'\(sample)' is no distance: give --sample bytes, 1 for all or 0 for none")
        }
        guard leaks || (leakExitcode == nil && suppressions.files.isEmpty) else {
            throw ValidationError("--leak-exitcode and --suppressions are for --leaks: give that too")
        }
        if let leakExitcode, !(0...255).contains(leakExitcode) {
            throw ValidationError("'\(leakExitcode)' is no exit status: give one from 0 to 255")
        }
        guard record != nil || interval == nil else {
            throw ValidationError("--interval is for --record: give that too")
        }
        if let word = command.first, ["--help", "-h"].contains(word) { throw CleanExit.helpRequest(self) }
        _ = try words
    }

    func run() throws {
        // Before the command has run: its work is not to be lost for a name that cannot be written.
        let file = try openForWriting(out, "the report", option: "--out")
        let options = try runOptions(words, all: all, sample: sample, proves: leaks)
        if let record { return try runRecorded(options, in: record, to: file) }
        if leaks { return try runForLeaks(options, to: file) }
        let outcome: RunOutcome<ProcessRun>
        do {
            outcome = try supervise(options, interpret: ProcessRun.init)
        } catch {
            throw Failure(error.message, status: Failure.cannotMeasure)
        }
        let report = RunReport(command: options.command, processes: outcome.findings)
        write(rendered(report, carriedShim: outcome.carriedShim), to: file, "the report")
        end(as: outcome.end)
    }

    /// The command with a recording.
    private func runRecorded(_ options: RunOptions, in path: String, to file: borrowing Descriptor?) throws {
        let patterns = try suppressions.files.flatMap(readSuppressions)
        let recording = try silt.record(options, interval: interval?.seconds ?? 0.1, to: path)
        let wasSeen = recording.processes.contains(where: \.isCovered)
        if leaks {
            let run = LeakRun(recording, suppressions: patterns)
            write(rendered(run, carriedShim: wasSeen), to: file, "the report")
            if case .exited = recording.end?.status, let leakExitcode, run.hasLeaks { Glibc.exit(leakExitcode) }
        } else {
            let report = json || !wasSeen ? rendered(RunReport(recording), carriedShim: wasSeen) : recording.text(style)
            write(report, to: file, "the report")
        }
        end(as: Child.End(recording.end))
    }

    /// The command with the proof at the end of each of its processes.
    private func runForLeaks(_ options: RunOptions, to file: borrowing Descriptor?) throws {
        let patterns = try suppressions.files.flatMap(readSuppressions)
        let outcome: RunOutcome<LeakRun.Outcome?>
        do {
            outcome = try supervise(options) { LeakRun.Outcome($0, suppressions: patterns) }
        } catch {
            throw Failure(error.message, status: Failure.cannotMeasure)
        }
        let run = LeakRun(command: options.command, processes: outcome.findings.compactMap(\.self))
        write(rendered(run, carriedShim: outcome.carriedShim), to: file, "the report")
        if case .exited = outcome.end, let leakExitcode, run.hasLeaks { Glibc.exit(leakExitcode) }
        end(as: outcome.end)
    }

    private static func nobody(_ words: [String]) -> String {
        "Nothing to report: no process of \(words[0]) loaded libsilt.so; "
            + "programs that are linked statically or run as another user (setuid) do not.\n"
    }

    private var style: TextStyle { out == nil ? textStyle() : TextStyle(width: 100) }

    private func rendered(_ report: RunReport, carriedShim: Bool) -> String {
        if json { return report.json(pretty: true) }
        return carriedShim ? report.text(style) : Self.nobody(report.command)
    }

    private func rendered(_ run: LeakRun, carriedShim: Bool) -> String {
        if json { return run.json(pretty: true) }
        return carriedShim ? run.text(style) : Self.nobody(run.command)
    }
}

extension ProcessRun {
    /// Both readings attributed, with what is known of the time between them.
    fileprivate init(_ observation: ProcessObservation) {
        self.init(
            peak: attribute(observation.peak, growth: observation.growthToPeak),
            last: attribute(observation.last, growth: observation.growthToLast), ending: observation.ending,
            parent: observation.forkedFrom)
    }
}

extension LeakRun.Outcome {
    /// `nil` for a program that replaced itself by another: what it left, that one never had.
    fileprivate init?(_ observation: ProcessObservation, suppressions: [Suppression]) {
        switch observation.proof {
        case .success(let report): self = .proved(sited(suppressed(report, by: suppressions)))
        case .failure(let error): self = .failed(observation.last.process, reason: error.message)
        case nil where observation.ending == .exec: return nil
        case nil:
            self = .failed(
                observation.last.process,
                reason: Self.noWait)
        }
    }

    fileprivate static let noWait = "it ended without waiting for it: killed, or by a system call of its own"
}

extension LeakRun {
    /// What a recording with proofs says.
    fileprivate init(_ recording: Recording, suppressions: [Suppression]) {
        let outcomes = recording.processes.compactMap { process -> Outcome? in
            guard process.ending != .exec, let last = process[MomentName(.end)] else { return nil }
            guard let proved = last.unreachable else {
                return .failed(last.report.process, reason: last.proofFailure ?? Outcome.noWait)
            }
            return .proved(suppressed(proved, by: suppressions))
        }
        self.init(command: recording.command, processes: outcomes)
    }
}

extension Child.End {
    /// Of a recording that is whole.
    fileprivate init(_ end: Recording.End?) {
        switch end?.status {
        case .exited(let status): self = .exited(Int32(clamping: status))
        case .signaled(let signal): self = .signaled(Int32(clamping: signal))
        case nil: self = .exited(Failure.cannotMeasure)
        }
    }
}

private func end(as end: Child.End) -> Never {
    switch end {
    case .exited(let status): Glibc.exit(status)
    case .signaled(let signal):
        die(of: signal)
        // A signal that ends nobody did not end the command: as shells put it.
        Glibc.exit(128 + signal)
    }
}
