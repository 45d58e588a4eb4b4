import ArgumentParser
import Attribution
import Rendering

/// `silt leaks PID`: whose memory grows.
struct Leaks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says whose memory grows: the code whose live bytes rose and are kept, by evidence.",
        discussion: """
            Growth over the second half of what was seen, and how much of what was allocated is kept. "growing" holds \
            more and more until now: a cache, a queue or a leak. "suspect" grew and keeps it, but not until now. \
            Mappings and threads are judged too. --json prints the document silt.leaks/1.
            """)

    @OptionGroup var process: ProcessOptions

    @Option(help: ArgumentHelp("The most lines of the answer.", valueName: "n"))
    var limit = 20

    func validate() throws {
        guard limit > 0 else { throw ValidationError("'\(limit)' is no limit: give a number above 0") }
    }

    func run() throws {
        let report = attribute(try process.snapshot(), leakLimit: limit)
        writeToStandardOutput(process.json ? report.leaksJSON(pretty: true) : report.leaksText(textStyle()))
    }
}
