import ArgumentParser
import Glibc
import MemoryModel
import Rendering

/// `silt compare COMMAND`: the same command under several settings of malloc, and under other allocators.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a command under several settings of malloc and other allocators, and compares their memory.",
        usage: "silt compare [--runs <n>] [--json] [--output] -- <command> [<argument> ...]",
        discussion: """
            As it is; with MALLOC_ARENA_MAX=2; with fixed thresholds; and preloaded with jemalloc, mimalloc and tcmalloc, \
            where they are installed. The command has no input, and what it prints is thrown away unless --output is \
            given. Of several runs, which are taken in turn, the medians are compared. Its books are kept under every \
            setting alike. --json prints the document silt.compare/1.
            """)

    @Option(help: ArgumentHelp("How often the command is run under each setting.", valueName: "n"))
    var runs = 1

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Let the command print: to standard error.")
    var output = false

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments, after '--'.")
    var command: [String] = []

    func validate() throws {
        guard 1...1_000 ~= runs else { throw ValidationError("'\(runs)' is no number of runs: give 1 to 1000") }
        if let word = command.first, ["--help", "-h"].contains(word) { throw CleanExit.helpRequest(self) }
        _ = try commandWords(command)
    }

    func run() throws {
        let words = try commandWords(command)
        let (settings, skipped) = AllocatorSetting.available()
        var comparison = Comparison(
            command: words, settings: settings.map { Comparison.Setting(name: $0.name, environment: $0.environment) },
            skipped: skipped, processes: 0)
        for round in 1...runs {
            for (place, setting) in settings.enumerated() where comparison.settings[place].failure == nil {
                try run(words, under: setting, in: &comparison, at: place, round: round)
            }
        }
        writeToStandardOutput(json ? comparison.json(pretty: true) : comparison.text(textStyle()))
        guard comparison.settings.contains(where: { $0.failure == nil }) else {
            throw Failure("the command failed under every setting; see above", status: Failure.cannotMeasure)
        }
    }

    private func run(
        _ words: [String], under setting: AllocatorSetting, in comparison: inout Comparison, at place: Int, round: Int
    ) throws {
        let options = try runOptions(words, environment: setting.environment, all: true, sample: 0)
        let recording = try withoutOutput(toErrors: output) {
            try record(options, interval: 0.05, to: nil, isWatched: false)
        }
        if case .signaled(let signal) = recording.end?.status, [SIGINT, SIGTERM, SIGHUP].contains(Int32(signal)) {
            throw Failure(
                "interrupted in run \(round) of \(setting.name); nothing is compared", status: 128 + Int32(signal))
        }
        comparison.processes = max(comparison.processes, recording.processes.count { !$0.moments.isEmpty })
        let read = recording.processes.compactMap(\.latest?.report)
        let isGlibc = !read.contains { !$0.allocator.hasPrefix("glibc") }
        comparison.settings[place].isGlibc = setting.library == nil && isGlibc
        if let run = Comparison.Run(recording) { comparison.settings[place].runs.append(run) }
        comparison.settings[place].failure = Self.failure(
            recording, isLoaded: setting.library == nil || !read.allSatisfy { $0.allocator.hasPrefix("glibc") })
    }

    /// What went wrong, in a few words.
    private static func failure(_ recording: Recording, isLoaded: Bool) -> String? {
        switch recording.end?.status {
        case .exited(0): break
        case .exited(let status): return "the command ended with status \(status)"
        case .signaled(let signal): return "the command was ended by signal \(signal)"
        case nil: return "the command did not end"
        }
        if recording.processes.allSatisfy(\.moments.isEmpty) {
            return "no process of it could be read: none loaded libsilt.so"
        }
        return isLoaded ? nil : "the library was not loaded: ld.so says why on standard error"
    }
}
