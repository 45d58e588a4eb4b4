package import ProcFS
package import System

/// Why a process can't be measured.
package enum CaptureError: Error, Equatable, Sendable, CustomStringConvertible {
    case process(ProcessError)
    /// It could not be held still.
    case stop(SystemError)

    /// One line: what, and why.
    package var description: String {
        switch self {
        case .process(let error): error.description
        case .stop(let error): "cannot stop the process: \(error)"
        }
    }
}
