import Foundation

/// A running Python program that a test looks at.
///
/// It ends with its owner; a test that uses its number longer than the object says `defer { child.end() }`.
package final class PythonChild {
    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()
    private var pending: [UInt8] = []

    package var pid: Int32 { process.processIdentifier }

    /// Starts Debian's own interpreter (the one on PATH may be a version manager's script).
    package init(_ program: String, arguments: [String] = []) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-S", "-u", "-c", program] + arguments
        process.standardOutput = output
        process.standardInput = input
        try process.run()
    }

    deinit { end() }

    /// The next line that it prints; `nil` at the end.
    package func line() -> String? {
        while !pending.contains(0x0a) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { return nil }
            pending += more
        }
        let end = pending.firstIndex(of: 0x0a)!
        defer { pending.removeFirst(end + 1) }
        return String(decoding: pending[..<end], as: UTF8.self)
    }

    /// Gives it a line to read.
    package func tell(_ line: String) { try? input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8)) }

    /// Sends it a signal.
    package func send(_ signal: Int32) { kill(pid, signal) }

    /// Kills it and waits for its end.
    package func end() {
        guard process.isRunning else { return }
        kill(pid, SIGKILL)
        process.waitUntilExit()
    }
}
