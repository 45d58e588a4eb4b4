internal import Glibc

/// The path from the root on, without links: what it leads to must exist.
package func canonicalPath(_ path: String) throws(SystemError) -> String {
    guard let resolved = unsafe realpath(path, nil) else {
        throw SystemError(call: "realpath", errno: errno, what: path)
    }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
}

/// Where this program lies.
package func ownProgramPath() throws(SystemError) -> String { try canonicalPath("/proc/self/exe") }

/// Whether a file can be read by this process.
package func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }
