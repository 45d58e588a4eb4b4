import ArgumentParser
import Attribution
import MemoryModel
import Rendering

/// `silt report PID`: one process, now; `silt report FILE`: what was saved.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reports where the memory of a running process is, or was when it was recorded.",
        discussion: """
            The process runs on while it is read. What changed hands meanwhile is said as the reading's error; --stop \
            holds every thread still for an exact one. --json prints the document silt.report/1.

            A file is a recording ('silt run --record'), or what --json printed; gzip may have compressed it. Of a \
            recording all processes are reported, at their peak and their end. FILE@MOMENT is one moment: peak, \
            fragmentation, exit, the name of a mark, NAME#2 for the second of several. FILE:NUMBER or --process is one \
            process. A number is a PID: a file of such a name is ./123.
            """)

    @OptionGroup var process: ProcessOptions

    @Option(
        help: ArgumentHelp(
            "Of a recording, write a page that shows its course in any browser; '-' is standard output.",
            valueName: "file"))
    var html: String?

    func validate() throws {
        guard let html else { return }
        guard !html.isEmpty else { throw ValidationError("'' is no file: name one, or '-' for standard output") }
        guard !process.json else { throw ValidationError("--html and --json exclude one another: leave one out") }
        if case .process = process.target.subject {
            throw ValidationError("--html is for a recording: make one with 'silt run --record FILE -- COMMAND'")
        }
    }

    func run() throws {
        if case .file(let text) = process.target.subject {
            let saved = try SavedMoments(text, process: process.target.process)
            if let html { return try writePage(saved, to: html) }
            if saved.isRecording, saved.moment == nil { return try report(saved) }
        }
        let (report, lead) = try process.report { attribute($0) }
        writeToStandardOutput(process.json ? report.json(pretty: true) : lead + report.text(textStyle()))
    }

    /// A whole recording, or all of one of its processes.
    private func report(_ saved: SavedMoments) throws {
        let recording = try chosen(saved)
        writeToStandardOutput(
            process.json ? RunReport(recording).json(pretty: true) : recording.text(textStyle()))
    }

    private func writePage(_ saved: SavedMoments, to path: String) throws {
        guard saved.isRecording, saved.moment == nil else {
            throw Failure(
                "--html shows a whole recording, and '\(saved.path)' was named as one moment; name a file that "
                    + "'silt run --record' wrote, without '@'", status: Failure.usage)
        }
        try writeResult(Array(try chosen(saved).page().utf8), to: path, option: "--html")
    }

    private func chosen(_ saved: SavedMoments) throws -> Recording {
        var recording = saved.recording
        if saved.process != nil { recording.processes = [try saved.chosenProcess()] }
        return recording
    }
}
