import Foundation
import System
import Testing

/// `silt run`, as a shell would start it.
///
/// The supervisor reads the signals of its whole program, so the tests don't call it in theirs.
final class SiltRun {
    struct Observed: Equatable {
        var pid: Int
        var parent: Int?
        var ending: String
        var peak: Int
        var last: Int
        var command: [String]
        /// Whether its last reading has answers about code.
        var hasSites: Bool
    }

    let scratch: Scratch
    private let child: Child
    private var end: Child.End?

    var pid: Int32 { child.pid }

    /// - Parameter command: `DIR` in it becomes the scratch directory, `PYTHON` a Python interpreter.
    init(
        _ command: [String], in scratch: Scratch, options: [String] = [], environment extra: [String] = []
    ) throws {
        self.scratch = scratch
        let names = extra.map { $0.prefix { $0 != "=" } + "=" }
        let inherited = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
            .filter { line in !names.contains { line.hasPrefix($0) } && !line.hasPrefix("LD_PRELOAD=") }
        let words = command.map {
            $0.replacingOccurrences(of: "DIR", with: scratch.path)
                .replacingOccurrences(of: "PYTHON", with: "/usr/bin/python3")
        }
        child = try Child.spawn(
            [Self.program, "run", "--json", "--out", "\(scratch.path)/report"] + options + ["--"] + words,
            environment: inherited + extra + ["SILT_DIR=\(try scratch.directory("segments"))"], mask: [])
    }

    /// Beside the test program, as `swift build` lays it.
    static let program: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (own as NSString).deletingLastPathComponent + "/silt"
    }()

    deinit {
        guard end == nil else { return }
        try? send(signal: SIGKILL, to: child.pid)
        _ = try? wait()
    }

    /// How it ended; 180 s at most.
    func wait() throws -> Child.End {
        for _ in 0..<18000 {
            if let end { return end }
            end = try child.reap()
            usleep(10_000)
        }
        throw Scratch.Missing(file: "the end of silt run")
    }

    func kill(_ signal: Int32) throws { try send(signal: signal, to: child.pid) }

    /// Waits for the end, and for nothing being left behind.
    func processes() throws -> [Observed] {
        _ = try wait()
        #expect(try scratch.names("segments") == [])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/report"))
        let report = try #require(JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        let processes = try #require(report["processes"] as? [[String: Any]])
        return try processes.map { run in
            func reading(_ name: String) throws -> (rss: Int, process: [String: Any], hasSites: Bool) {
                let reading = try #require(run[name] as? [String: Any])
                let ledger = try #require(reading["ledger"] as? [[String: Any]])
                let rss = try #require(reading["rss_bytes"] as? Int)
                #expect(ledger.reduce(0) { $0 + ($1["bytes"] as? Int ?? 0) } == rss)
                return (rss, try #require(reading["process"] as? [String: Any]), reading["sites"] is [String: Any])
            }
            let last = try reading("last")
            return Observed(
                pid: try #require(last.process["pid"] as? Int), parent: run["parent"] as? Int,
                ending: try #require(run["ending"] as? String), peak: try reading("peak").rss, last: last.rss,
                command: try #require(last.process["command"] as? [String]), hasSites: last.hasSites)
        }
    }
}

let mebibyte = 1 << 20
