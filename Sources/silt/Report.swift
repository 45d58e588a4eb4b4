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

    func run() throws {
        if case .file(let text) = process.target.subject {
            let saved = try SavedMoments(text, process: process.target.process)
            if saved.isRecording, saved.moment == nil { return try report(saved) }
        }
        let (report, lead) = try process.report { attribute($0) }
        writeToStandardOutput(process.json ? report.json(pretty: true) : lead + report.text(textStyle()))
    }

    /// A whole recording, or all of one of its processes.
    private func report(_ saved: SavedMoments) throws {
        var recording = saved.recording
        if saved.process != nil { recording.processes = [try saved.chosenProcess()] }
        writeToStandardOutput(
            process.json ? RunReport(recording).json(pretty: true) : recording.text(textStyle()))
    }
}
