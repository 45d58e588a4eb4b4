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
            silt run --leaks [--leak-exitcode <status>] [--suppressions <file>] [--json] [--out <file>] -- <command> ...
            """,
        discussion: """
            One report for each process that ever exceeded 10 MiB: at the highest RSS among its periodic readings, and \
            at its exit, which also names the code behind it. Signals are passed on, and silt ends as the command did.

            With --leaks, the proof of what is leaked instead, for every process at its exit: what nothing leads to any \
            more after its exit handlers have run, where LeakSanitizer looks too.
            """)

    @Flag(help: "Print JSON (schema silt.run/1).")
    var json = false

    @Option(help: ArgumentHelp("Write the report to this file.", valueName: "file"))
    var out: String?

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

    /// The command without the `--` before it, which a passthrough keeps.
    private var words: [String] { command.first == "--" ? Array(command.dropFirst()) : command }

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
        // A passthrough takes every word from the first that is no option of ours.
        if let word = command.first, word.hasPrefix("-"), word != "--" {
            if ["--help", "-h"].contains(word) { throw CleanExit.helpRequest(self) }
            throw ValidationError("unknown option '\(word)': the command goes after '--'")
        }
        guard let program = words.first, !program.isEmpty else {
            throw ValidationError("no command to run: give one after '--'")
        }
    }

    func run() throws {
        let library = try locateLibrary()
        // ld.so has no way to quote them (elf/rtld.c, handle_preload_list).
        guard !library.contains(where: { ": ".contains($0) }) else {
            throw Failure(
                "\(library) cannot be preloaded: its path has a blank or a colon; move silt elsewhere",
                status: Failure.cannotMeasure)
        }
        // Before the command has run: its work is not to be lost for a name that cannot be written.
        let file = try openForWriting(out)
        let options = RunOptions(
            command: words, environment: environmentLines(), library: library, all: all, sample: sample, proves: leaks)
        if leaks { return try runForLeaks(options, to: file) }
        let outcome: RunOutcome<ProcessRun>
        do {
            outcome = try supervise(options, interpret: ProcessRun.init)
        } catch {
            throw Failure(error.message, status: Failure.cannotMeasure)
        }
        write(rendered(outcome, style: out == nil ? textStyle() : TextStyle(width: 100)), to: file)
        end(as: outcome.end)
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
        let run = LeakRun(command: words, processes: outcome.findings.compactMap(\.self))
        let style = out == nil ? textStyle() : TextStyle(width: 100)
        if json { write(run.json(pretty: true), to: file) }
        if !json { write(outcome.carriedShim ? run.text(style) : Self.nobody(words), to: file) }
        if case .exited = outcome.end, let leakExitcode, run.hasLeaks { Glibc.exit(leakExitcode) }
        end(as: outcome.end)
    }

    private static func nobody(_ words: [String]) -> String {
        "Nothing to report: no process of \(words[0]) loaded libsilt.so; "
            + "programs that are linked statically or run as another user (setuid) do not.\n"
    }

    private func rendered(_ outcome: RunOutcome<ProcessRun>, style: TextStyle) -> String {
        let report = RunReport(command: words, processes: outcome.findings)
        if json { return report.json(pretty: true) }
        guard outcome.carriedShim else {
            return Self.nobody(words)
        }
        return report.text(style)
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
                reason: "it ended without waiting for it: killed, or by a system call of its own")
        }
    }
}

extension RunError {
    /// One line: what, why, and what to do.
    fileprivate var message: String {
        switch self {
        case .directory: "\(self); set SILT_DIR to a directory with a short path on a tmpfs that you may write to"
        case .start: "\(self); check its name, and that it is a program"
        case .system: "\(self)"
        }
    }
}

/// silt's own environment, a variable a line.
private func environmentLines() -> [String] {
    var lines: [String] = []
    var at = unsafe environ
    while let line = unsafe at.pointee {
        unsafe lines.append(String(cString: line))
        unsafe at += 1
    }
    return lines
}

/// `nil` for standard output.
private func openForWriting(_ path: String?) throws -> Descriptor? {
    guard let path else { return nil }
    do {
        return try Descriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666)
    } catch {
        throw Failure("cannot write the report: \(error); give --out another path", status: Failure.usage)
    }
}

/// A report that cannot be written changes nothing about how the command ended: that is silt's own status.
private func write(_ text: String, to file: borrowing Descriptor?) {
    switch file {
    case .none: writeToStandardOutput(text)
    case .some(let file):
        do {
            try file.write(Array(text.utf8))
        } catch {
            writeToStandardError("silt: cannot write the report: \(error); free some space there\n")
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
