package import System

/// Why a command is not run.
package enum RunError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The directory of the run cannot be made.
    case directory(SystemError)
    /// The command cannot be started.
    case start(SystemError)
    /// A call that does not fail on a healthy system did.
    case system(SystemError)

    /// One line: what, and why.
    package var description: String {
        switch self {
        case .directory(let error): "cannot make a directory for this run: \(error)"
        case .start(let error): "cannot start the command: \(error)"
        case .system(let error): error.description
        }
    }
}
