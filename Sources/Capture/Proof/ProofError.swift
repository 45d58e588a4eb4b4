package import ProcFS
package import System

/// Why there is no proof.
package enum ProofError: Error, Equatable, Sendable, CustomStringConvertible {
    case process(ProcessError)
    /// It could not be held still.
    case stop(SystemError)
    /// Somebody else traces it.
    case traced(by: Int32)
    /// The kernel does not allow to trace it; `scope` is the value of Yama's ptrace_scope where there is one.
    case forbidden(SystemError, scope: Int?)
    /// There are no books; the identifier says why.
    case noBooks(String)
    /// No allocation is sampled.
    case noSamples

    /// One line: what, and why.
    package var description: String {
        switch self {
        case .process(let error): error.description
        case .stop(let error): "cannot stop the process: \(error)"
        case .traced(let tracer): "the process is traced by process \(tracer) already"
        case .forbidden(_, let scope?) where scope > 0:
            "the kernel does not allow to read the process: kernel.yama.ptrace_scope is \(scope)"
        case .forbidden(let error, _): "the kernel does not allow to read the process: \(error)"
        case .noBooks(let identifier): "there are no books of its heap to go by (\(identifier))"
        case .noSamples: "no allocation of the process is sampled"
        }
    }
}
