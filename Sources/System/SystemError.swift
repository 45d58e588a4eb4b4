import Glibc

/// A call to the operating system that failed: which, why, and on what.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name of the call, as its manual page is called.
    package var call: String
    /// One of the constants of `errno.h`.
    package var errno: Int32
    /// The path, the process or the thread that it was about.
    package var what: String

    package init(call: String, errno: Int32, what: String) {
        self.call = call
        self.errno = errno
        self.what = what
    }

    /// One line: `open /proc/1/maps: Permission denied`.
    package var description: String {
        // Safe: for a number that it knows glibc returns a constant, for another a buffer of the calling thread
        // (string/strerror.c since 2.32).
        let reason = unsafe String(cString: strerror(errno))
        return "\(call) \(what): \(reason)"
    }
}

/// The result of a call of ``CSystem``: itself, or the error where it is `-errno`.
@inline(__always)
func checked<Number: SignedInteger>(
    _ result: Number, _ call: String, _ what: @autoclosure () -> String
) throws(SystemError) -> Number {
    guard result < 0 else { return result }
    throw SystemError(call: call, errno: Int32(-result), what: what())
}
