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

/// Gives a file the place of another one, which is there at any time: rename(2).
package func moveFile(_ path: String, to place: String) throws(SystemError) {
    guard unsafe rename(path, place) == 0 else { throw SystemError(call: "rename", errno: errno, what: place) }
}

/// Removes the name of a file.
package func removeFile(_ path: String) throws(SystemError) {
    guard unsafe unlink(path) == 0 else { throw SystemError(call: "unlink", errno: errno, what: path) }
}
