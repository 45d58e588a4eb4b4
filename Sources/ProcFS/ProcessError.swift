import Glibc
package import System

/// Why a process cannot be read.
package enum ProcessError: Error, Equatable, Sendable, CustomStringConvertible {
    case noSuchProcess(Int32)
    /// Another user's, or one that the kernel's ptrace rules protect.
    case permissionDenied(Int32, file: String)
    /// It has no memory of its own.
    case kernelThread(Int32)
    /// It ended while it was read, or had ended and only its exit status is left.
    case vanished(Int32)
    case failed(SystemError)
    case malformed(ParseError)

    /// What the failure of a call in `/proc/PID` means.
    init(_ error: SystemError, pid: Int32, file: String) {
        switch error.errno {
        // ENOENT for a name in a directory whose process is gone, ESRCH for a file of it that is open.
        case ENOENT, ESRCH: self = .vanished(pid)
        case EACCES, EPERM: self = .permissionDenied(pid, file: file)
        default: self = .failed(error)
        }
    }

    /// Whether the process has ended: not, say, that this one has no descriptor left to read it by.
    package var meansItIsGone: Bool {
        switch self {
        case .noSuchProcess, .vanished: true
        default: false
        }
    }

    /// One line: what, and why.
    package var description: String {
        switch self {
        case .noSuchProcess(let pid): "process \(pid): no such process"
        case .permissionDenied(let pid, let file): "process \(pid): not permitted to read its \(file)"
        case .kernelThread(let pid): "process \(pid): a thread of the kernel, without memory of its own"
        case .vanished(let pid): "process \(pid): ended while it was being read"
        case .failed(let error): error.description
        case .malformed(let error): "unreadable: \(error)"
        }
    }
}
