import ArgumentParser
import Capture
import MemoryModel
import ProcFS

/// Which process, how it is read, and in what form the answer goes out: shared by the commands that answer.
struct ProcessOptions: ParsableArguments {
    @OptionGroup var target: TargetOptions

    @Flag(help: "Print JSON.")
    var json = false

    func snapshot() throws -> Snapshot { try target.snapshot() }
}

/// Which process, and how it is read: shared by all commands on one process.
struct TargetOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The process.", valueName: "pid"))
    var pid: Int32

    @Flag(help: "Hold every thread of the process still for the reading.")
    var stop = false

    @Flag(help: ArgumentHelp("Do not read the process's own memory: the trim prediction becomes an interval."))
    var withoutMemory = false

    @Option(
        help: ArgumentHelp(
            "Where residency is read from: automatic, pagemapScan, pagemap or smaps.", visibility: .hidden))
    var residency = ResidencySource.automatic

    func validate() throws {
        guard pid > 0 else { throw ValidationError("'\(pid)' is not a process: give a PID above 0") }
    }

    func snapshot() throws -> Snapshot {
        let options = CaptureOptions(stops: stop, readsMemory: !withoutMemory, residency: residency)
        do {
            return try capture(pid: pid, options: options)
        } catch {
            throw Failure(error.message, status: Failure.cannotMeasure)
        }
    }
}

extension ResidencySource: ExpressibleByArgument {}
