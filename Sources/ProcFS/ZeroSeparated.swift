/// `/proc/PID/cmdline`: the arguments, each with a zero byte after it (`fs/proc/base.c`, get_mm_cmdline).
package enum CommandLine {
    /// The arguments; none for a kernel thread or a zombie.
    ///
    /// A program may have written over them: what stands there without a zero byte at its end is one argument.
    package static func parse(_ bytes: [UInt8]) -> [String] {
        var rest = bytes[...]
        if rest.last == 0 { rest = rest.dropLast() }
        guard !bytes.isEmpty else { return [] }
        return rest.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// `/proc/PID/environ`: the environment that the process was started with, which `setenv` does not change.
package enum Environment {
    /// The variables. The first of two of one name wins, as with `getenv` (glibc stdlib/getenv.c); what has no `=` is
    /// none.
    package static func parse(_ bytes: [UInt8]) -> [String: String] {
        var variables: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            guard variables[name] == nil else { continue }
            variables[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
        return variables
    }
}
