import CSystem
import Glibc

/// A child of this process.
///
/// It is in our process group and has our terminal, as if the shell had started it.
package struct Child: Sendable {
    /// How a process ended.
    package enum End: Hashable, Sendable {
        case exited(Int32)
        case signaled(Int32)
    }

    package let pid: Int32

    /// Starts a program, looked up in `PATH` where its name has no slash.
    ///
    /// Actions of signals are inherited: what is ignored stays ignored, as under `nohup`; handlers end with exec.
    ///
    /// - Parameters:
    ///   - arguments: The first is the program. NUL ends an argument.
    ///   - environment: `NAME=VALUE`.
    ///   - mask: The signals that it finds blocked.
    /// - Throws: `ENOENT`: there is no such program; `EACCES`: it is not executable.
    package static func spawn(
        _ arguments: [String], environment: [String], mask: SignalSet
    ) throws(SystemError) -> Child {
        precondition(!arguments.isEmpty)
        // Without the default action a child that ends leaves no status (kernel/signal.c, do_notify_parent).
        try restoreDefaultAction(of: SIGCHLD)
        let result = unsafe withCStrings(arguments) { argv in
            unsafe withCStrings(environment) { envp in
                unsafe csystem_spawn(arguments[0], argv, envp, mask.bits)
            }
        }
        return Child(pid: try checked(result, "exec", arguments[0]))
    }

    /// How it ended, `nil` while it runs. To be called until it says so, and not again.
    package func reap() throws(SystemError) -> End? {
        var value: Int32 = 0
        switch try checked(unsafe csystem_reap(pid, &value), "waitpid", "process \(pid)") {
        case Int32(CSYSTEM_END_EXITED.rawValue): return .exited(value)
        case Int32(CSYSTEM_END_SIGNALED.rawValue): return .signaled(value)
        default: return nil
        }
    }
}

/// Runs `body` with an array of C strings that a null pointer ends.
private func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
    var pointers = unsafe strings.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer {
        for index in unsafe pointers.indices { unsafe free(pointers[index]) }
    }
    return unsafe body(&pointers)
}
