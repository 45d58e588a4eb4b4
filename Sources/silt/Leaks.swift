import ArgumentParser
import Attribution
import MemoryModel
import Rendering

/// `silt leaks PID`: whose memory grows, and with `--unreachable` what is proved to be leaked.
struct Leaks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says whose memory grows, by evidence; or proves what is leaked.",
        discussion: """
            Growth over the second half of what was seen, and how much of what was allocated is kept. "growing" holds \
            more and more until now: a cache, a queue or a leak. "suspect" grew and keeps it, but not until now. \
            Mappings and threads are judged too. --json prints the document silt.leaks/1.

            With --unreachable the process is held still for a moment, and its memory read as LeakSanitizer does: what \
            nothing leads to is "leaked". Start the process with SILT_SAMPLE=1, so that every block is known. --json \
            prints the document silt.unreachable/1.
            """)

    @OptionGroup var process: ProcessOptions

    @Option(help: ArgumentHelp("The most lines of the answer.", valueName: "n"))
    var limit = 20

    @Flag(help: "Prove which blocks nothing in the process leads to.")
    var unreachable = false

    @OptionGroup var suppressions: SuppressionOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("'\(limit)' is no limit: give a number above 0") }
        guard unreachable || suppressions.files.isEmpty else {
            throw ValidationError("suppressions are for a proof: give --unreachable too")
        }
    }

    func run() throws {
        if unreachable {
            return try answerUnreachable(process, suppressions: suppressions.files)
        }
        var (report, lead) = try process.report { attribute($0, leakLimit: limit) }
        if let groups = report.leaks?.groups { report.leaks?.groups = Array(groups.prefix(limit)) }
        writeToStandardOutput(process.json ? report.leaksJSON(pretty: true) : lead + report.leaksText(textStyle()))
    }
}
