import ArgumentParser
import Capture
import MemoryModel
import ProcFS
import Rendering

/// Which process, how it is read, and in what form the answer goes out: shared by the commands that answer.
struct ProcessOptions: ParsableArguments {
    @OptionGroup var target: TargetOptions

    @Flag(help: "Print JSON.")
    var json = false

    /// What the command answers from: the process as it is now, attributed, or what was saved.
    ///
    /// - Parameter attribute: How a reading of a process that runs becomes a report.
    /// - Returns: the report, and the line that says where it is from.
    func report(_ attribute: (Snapshot) -> MemoryModel.Report) throws -> (report: MemoryModel.Report, lead: String) {
        switch target.subject {
        case .process(let pid): return (attribute(try target.snapshot(of: pid)), "")
        case .file(let text):
            let chosen = try SavedMoments(text, process: target.process).chosen()
            return (chosen.moment.report, json ? "" : chosen.place.text(textStyle()))
        }
    }
}

/// Which process, and how it is read: shared by all commands on one process.
struct TargetOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The process. Or what was saved of one: FILE, FILE@MOMENT, FILE:PROCESS@MOMENT; see 'silt report --help'.",
            valueName: "pid|file"))
    var subject: Subject

    @Option(
        help: ArgumentHelp(
            "Of a recording, the process of this number or with this in its command. (default: the highest RSS)",
            valueName: "number|text"))
    var process: ProcessSelector?

    @Flag(help: "Hold every thread of the process still for the reading.")
    var stop = false

    @Flag(help: ArgumentHelp("Do not read the process's own memory: the trim prediction becomes an interval."))
    var withoutMemory = false

    @Option(
        help: ArgumentHelp(
            "Where residency is read from: automatic, pagemapScan, pagemap or smaps.", visibility: .hidden))
    var residency = ResidencySource.automatic

    func validate() throws {
        switch subject {
        case .process(let pid):
            guard pid > 0 else { throw ValidationError("'\(pid)' is not a process: give a PID above 0") }
            guard process == nil else { throw ValidationError("--process is for recordings: leave it out") }
        case .file:
            guard !stop, !withoutMemory else {
                throw ValidationError("--stop and --without-memory are for a process that runs: leave them out")
            }
        }
    }

    func snapshot(of pid: Int32) throws -> Snapshot {
        let options = CaptureOptions(stops: stop, readsMemory: !withoutMemory, residency: residency)
        do {
            return try capture(pid: pid, options: options)
        } catch {
            throw Failure(error.message, status: Failure.cannotMeasure)
        }
    }
}

extension ResidencySource: ExpressibleByArgument {}
