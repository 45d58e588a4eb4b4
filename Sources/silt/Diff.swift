import ArgumentParser
import MemoryModel
import Rendering

/// `silt diff A B`: what moved between two recordings, reports, or moments.
struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what moved between two recordings, two saved reports, or two moments of a recording.",
        discussion: """
            Each of A and B is FILE, FILE@MOMENT or FILE:PROCESS@MOMENT, as for 'silt report'. Where only one names a \
            moment it is that of both; where none does it is the last, the exit. Processes are paired by the name of \
            their program, of several the first with the first. Sites are the same by function and file; a difference \
            within the error of the samples is marked so. --json prints the document silt.diff/1.
            """)

    @Argument(help: ArgumentHelp("What was before.", valueName: "a"))
    var before: String

    @Argument(help: ArgumentHelp("What was after.", valueName: "b"))
    var after: String

    @Option(
        help: ArgumentHelp(
            "Only the process of this number or with this in its command, of both.", valueName: "number|text"))
    var process: ProcessSelector?

    @Option(help: ArgumentHelp("The most sites of each kind.", valueName: "n"))
    var limit = 10

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("'\(limit)' is no limit: give a number above 0") }
    }

    func run() throws {
        var (old, new) = (try SavedMoments(before, process: process), try SavedMoments(after, process: process))
        if old.isRecording, new.isRecording {
            old.moment = old.moment ?? new.moment
            new.moment = new.moment ?? old.moment
        }
        let differences = try differences(old, new)
        writeToStandardOutput(json ? differences.json(pretty: true) : differences.text(textStyle()))
    }

    private func differences(_ old: SavedMoments, _ new: SavedMoments) throws -> Differences {
        let pairs: ProcessPairs
        if old.process != nil || new.process != nil || !old.isRecording || !new.isRecording {
            // A person has said which, or there is no choice: whatever it is called.
            pairs = ProcessPairs(pair: (try old.chosenProcess(), try new.chosenProcess()))
        } else {
            pairs = ProcessPairs(
                from: old.recording.processes.filter { !$0.moments.isEmpty },
                to: new.recording.processes.filter { !$0.moments.isEmpty })
        }
        guard !pairs.pairs.isEmpty else {
            throw Failure(
                "no program is in both \(old.path) and \(new.path), so nothing can be compared; name the processes: "
                    + "FILE:NUMBER", status: Failure.usage)
        }
        // Of several processes not all need have a mark.
        let having = pairs.pairs.filter { old.has(old.moment, $0.before) && new.has(new.moment, $0.after) }
        let choices = try (having.isEmpty ? Array(pairs.pairs.prefix(1)) : having).map { pair in
            (old: try old.chosen(old.moment, of: pair.before), new: try new.chosen(new.moment, of: pair.after))
        }
        return Differences(
            before: Differences.Side(file: old.path, moment: choices.first?.old.name),
            after: Differences.Side(file: new.path, moment: choices.first?.new.name),
            processes: choices.map { ReportDifference(from: $0.old.moment.report, to: $0.new.moment.report) },
            onlyBefore: pairs.onlyBefore.map(\.command), onlyAfter: pairs.onlyAfter.map(\.command),
            // What was no recording tells nothing of them.
            environment: old.isRecording && new.isRecording
                ? MemoryModel.differences(from: old.recording.environment, to: new.recording.environment) : [],
            limit: limit)
    }
}

extension SavedMoments {
    fileprivate func has(_ name: MomentName?, _ process: RecordedProcess) -> Bool {
        name.map { process[$0] != nil } ?? true
    }
}
