import ArgumentParser
import Capture
import ProcFS

/// `silt mark PID NAME`: a moment of a recorded process, named from outside.
struct Mark: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has a process that is being recorded read now, under a name.",
        discussion: """
            For a process below 'silt run --record FILE -- COMMAND'. Returns when it has been read; its threads are held \
            still meanwhile. The program can do the same by silt_mark(NAME) of silt.h.
            """)

    @Argument(help: ArgumentHelp("The process.", valueName: "pid"))
    var pid: Int32

    @Argument(help: ArgumentHelp("The name of the moment: up to 63 bytes.", valueName: "name"))
    var name: String

    func validate() throws {
        guard pid > 0 else { throw ValidationError("'\(pid)' is not a process: give a PID above 0") }
        guard !name.isEmpty else { throw ValidationError("a mark without a name: give one after the PID") }
    }

    func run() throws {
        do {
            try requestMark(pid: pid, name: name)
        } catch {
            throw Failure(error.message, status: Failure.cannotMeasure)
        }
    }
}

extension MarkError {
    /// One line: what, why, and what to do.
    fileprivate var message: String {
        switch self {
        case .process(let error): CaptureError.process(error).message
        case .notFollowed(let pid), .notKept(let pid):
            "process \(pid) is not being recorded; start its command with 'silt run --record FILE -- COMMAND'"
        }
    }
}
