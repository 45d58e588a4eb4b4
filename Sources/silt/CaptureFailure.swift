import Capture
import ProcFS

extension CaptureError {
    /// One line: what, why, and what to do.
    var message: String {
        switch self {
        case .process(.noSuchProcess), .process(.vanished): "\(self); see 'ps' for those that run"
        case .process(.permissionDenied): "\(self); run silt as the user of that process, or as root"
        case .process(.kernelThread): "\(self); give the PID of a program"
        case .process: "\(self)"
        case .stop: "\(self); run without --stop, or as a user who may trace it (see ptrace(2))"
        }
    }
}
