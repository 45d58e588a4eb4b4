import CSystem
import Glibc

/// Makes a directory under a name that cannot be foretold, for this user only (0700).
///
/// - Parameter prefix: What the path begins with; six characters are appended.
/// - Returns: the path.
package func makeTemporaryDirectory(prefix: String) throws(SystemError) -> String {
    var path = (prefix + "XXXXXX").utf8.map { CChar(bitPattern: $0) } + [0]
    _ = try checked(unsafe csystem_make_directory(&path), "mkdtemp", prefix + "XXXXXX")
    return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension Descriptor {
    /// The names in this directory, in no order.
    package func names() throws(SystemError) -> [String] {
        var capacity = 4096
        while true {
            var bytes = [CChar](repeating: 0, count: capacity)
            let count = Int(try checked(unsafe csystem_names(rawValue, &bytes, capacity), "readdir", path))
            guard count > capacity else {
                return bytes.prefix(count).split(separator: 0).map {
                    String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                }
            }
            // More may come meanwhile.
            capacity = count * 2
        }
    }

    /// Removes a file of this directory.
    package func unlink(_ name: String) throws(SystemError) {
        _ = try checked(unsafe csystem_unlink(rawValue, name, 0), "unlink", "\(path)/\(name)")
    }

    /// Removes this directory with the files in it; others may be making some meanwhile.
    package func removeDirectory() throws(SystemError) {
        for _ in 0..<16 {
            for name in (try? names()) ?? [] { try? unlink(name) }
            let result = unsafe csystem_remove_directory(path)
            if result == -ENOTEMPTY { continue }
            _ = try checked(result, "rmdir", path)
            return
        }
        throw SystemError(call: "rmdir", errno: ENOTEMPTY, what: path)
    }

    /// When anything was made or removed in this directory last, in nanoseconds since 1970.
    package func changed() throws(SystemError) -> Int64 {
        try checked(csystem_changed(rawValue), "fstat", path)
    }

    /// Sets ``changed()`` to 0, so that the next change shows however soon it comes: the kernel's clock for it has
    /// steps of milliseconds.
    package func resetChanged() throws(SystemError) {
        _ = try checked(csystem_reset_changed(rawValue), "futimens", path)
    }
}
