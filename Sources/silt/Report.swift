import ArgumentParser
import Attribution
import Capture
import MemoryModel
import ProcFS
import Rendering

/// `silt report PID`: one process, now.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reports where the memory of a running process is.",
        discussion: """
            The process runs on while it is read. What changed hands meanwhile is said as the reading's error; --stop \
            holds every thread still for an exact one.
            """)

    @Argument(help: ArgumentHelp("The process.", valueName: "pid"))
    var pid: Int32

    @Flag(help: "Print JSON (schema silt.report/1).")
    var json = false

    @Flag(help: "Hold every thread of the process still for the reading.")
    var stop = false

    @Flag(help: ArgumentHelp("Do not read the process's own memory: the trim prediction becomes an interval."))
    var withoutMemory = false

    @Option(help: ArgumentHelp("Where residency is read from: automatic, pagemapScan or pagemap.", visibility: .hidden))
    var residency = ResidencySource.automatic

    func validate() throws {
        guard pid > 0 else { throw ValidationError("'\(pid)' is not a process: give a PID above 0") }
    }

    func run() throws {
        let options = CaptureOptions(stops: stop, readsMemory: !withoutMemory, residency: residency)
        let snapshot: Snapshot
        do {
            snapshot = try capture(pid: pid, options: options)
        } catch {
            throw Failure(error.message, status: Failure.cannotMeasure)
        }
        let report = attribute(snapshot)
        writeToStandardOutput(json ? report.json(pretty: true) : report.text(textStyle()))
    }
}

extension ResidencySource: ExpressibleByArgument {}
