import Foundation
import TestSupport
import Testing

/// A program that silt looks at: it speaks the protocol of Examples/README.md over pipes.
///
/// Made by ``withTarget(_:in:preloaded:environment:_:)``, which ends it.
final class Target {
    /// Nothing that a target does takes longer; what does, hangs.
    private static let patience = 180.0

    private let process = Process()
    let input = Pipe()
    private let output = Pipe()
    private var pending: [UInt8] = []

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    init(_ command: [String], environment: [String: String], errors: String) throws {
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = environment
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
    }

    /// The next line that it prints.
    func line() throws -> String {
        let deadline = Date().addingTimeInterval(Self.patience)
        let handle = output.fileHandleForReading
        while !pending.contains(0x0a) {
            var poll = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = Int32(max(0, deadline.timeIntervalSinceNow) * 1000)
            guard unsafe Foundation.poll(&poll, 1, milliseconds) == 1 else { throw Trouble("\(pid) says nothing") }
            let more = handle.availableData
            guard !more.isEmpty else { throw Trouble("the output of \(pid) has ended") }
            pending += more
        }
        let end = pending.firstIndex(of: 0x0a)!
        defer { pending.removeFirst(end + 1) }
        return String(decoding: pending[..<end], as: UTF8.self)
    }

    /// The next line of the protocol.
    func message() throws -> Message {
        let text = try line()
        do { return try Message(text) } catch { throw Trouble("not a line of the protocol: \(text)") }
    }

    /// The next lines that say ready, one a process.
    ///
    /// On a busy machine we have the line before its writer goes on: from there to where it waits for us it may touch
    /// more pages. So this waits until every process rests.
    ///
    /// - Parameter resting: `false` for programs that never do.
    func ready(_ count: Int = 1, resting: Bool = true) throws -> [Message] {
        let messages = try (0..<count).map { _ in
            let message = try message()
            guard message.ready == true else { throw Trouble("not ready: \(message)") }
            return message
        }
        for pid in messages.compactMap(\.pid) where resting {
            guard eventually({ rests(pid) }) else { throw Trouble("\(pid) does not come to rest") }
        }
        return messages
    }

    /// Gives it a line of input.
    func tell(_ line: String = "") throws { try input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8)) }

    /// Ends its input, which ends a program of the protocol, and waits for it.
    ///
    /// - Returns: its exit status; 128 and the number of the signal where one ended it.
    func finish() throws -> Int32 {
        try? input.fileHandleForWriting.close()
        let deadline = Date().addingTimeInterval(Self.patience)
        while process.isRunning {
            guard Date() < deadline else { throw Trouble("\(pid) does not end") }
            usleep(1000)
        }
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Ends its input and nothing else.
    func hangUp() { try? input.fileHandleForWriting.close() }

    /// Kills whatever is left of it and of the processes of its group.
    func end() {
        hangUp()
        guard process.isRunning else { return }
        if getpgid(pid) == pid { kill(-pid, SIGKILL) } else { kill(pid, SIGKILL) }
        process.waitUntilExit()
    }
}

/// One line of the protocol of Examples/README.md.
struct Message: Decodable {
    var begun: Bool?
    var ready: Bool?
    var trimmed: Bool?
    var pid: Int32?
    var liveBytes: Int?
    var liveBlocks: Int?
    var inUseBytes: Int?
    var beforeRss: Int?
    var afterRss: Int?

    init(_ text: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Message.self, from: Data(text.utf8))
    }
}

/// Why a test cannot go on.
struct Trouble: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// The environment of a target: this one's, without what the tests themselves may run under.
func targetEnvironment(
    _ scratch: Scratch, preloaded: Bool = false, adding more: [String: String] = [:]
) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment
    for name in environment.keys where name.hasPrefix("SILT_") || name == "LD_PRELOAD" { environment[name] = nil }
    environment["SILT_DIR"] = scratch.segments
    if preloaded { environment["LD_PRELOAD"] = Build.library }
    return environment.merging(more) { $1 }
}

/// Runs a program under the shim for as long as `body` takes, then ends its input.
///
/// The program has to end with 0, to write nothing to its standard error, and to leave no segment.
func withTarget<Result>(
    _ command: [String], in scratch: Scratch, preloaded: Bool = true, environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (Target) throws -> Result
) throws -> Result {
    let target = try Target(
        command, environment: targetEnvironment(scratch, preloaded: preloaded, adding: environment),
        errors: scratch.errors)
    defer { target.end() }
    let result = try body(target)
    let status = try target.finish()
    #expect(status == 0, "\(command) ended badly", sourceLocation: sourceLocation)
    #expect(scratch.errorText() == "", sourceLocation: sourceLocation)
    #expect(scratch.segmentNames() == [], "segments left", sourceLocation: sourceLocation)
    return result
}
