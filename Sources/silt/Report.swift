import ArgumentParser
import Attribution
import Rendering

/// `silt report PID`: one process, now.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reports where the memory of a running process is.",
        discussion: """
            The process runs on while it is read. What changed hands meanwhile is said as the reading's error; --stop \
            holds every thread still for an exact one. --json prints the document silt.report/1.
            """)

    @OptionGroup var process: ProcessOptions

    func run() throws {
        let report = attribute(try process.snapshot())
        writeToStandardOutput(process.json ? report.json(pretty: true) : report.text(textStyle()))
    }
}
