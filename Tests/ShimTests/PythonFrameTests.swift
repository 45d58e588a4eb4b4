import Foundation
import Testing

/// The walk over CPython's frames by itself, inside real interpreters: a script compares what was read with what the
/// interpreter says of the same moment.
@Suite struct `The frames of Python code` {
    private static let programs = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Programs/python-frames")

    /// The system's, and those that a version manager keeps.
    static let interpreters: [String] = {
        let versions = NSHomeDirectory() + "/.pyenv/versions"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []
        let known = names.sorted().filter { name in
            ["3.11.", "3.12.", "3.13."].contains { name.hasPrefix($0) }
                && FileManager.default.isExecutableFile(atPath: "\(versions)/\(name)/bin/python3")
        }
        return ["/usr/bin/python3"] + known.map { "\(versions)/\($0)/bin/python3" }
    }()

    static let scenarios = [
        "start", "plain", "recursion", "deep", "generators", "coroutines", "exceptions", "callbacks", "threads",
        "reuse",
        "names", "long", "confined", "fork", "interpreters",
    ]

    /// Compiles the walk with its surroundings: `options` say what it becomes.
    private static func build(_ name: String, into scratch: Scratch, _ sources: [String], _ options: [String]) throws {
        let shim = programs.appendingPathComponent("../../../../shim").standardizedFileURL.path
        let walk = ["python.c", "python_layout.c", "python_text.c", "code.c", "exported.c", "peek.c"].map {
            "\(shim)/core/\($0)"
        }
        let own = sources.map { programs.appendingPathComponent($0).path }
        let built = try run(
            "/usr/bin/env",
            ["clang", "-std=c11", "-D_GNU_SOURCE", "-g", "-Wall", "-Wextra", "-Werror"] + options + own + walk
                + ["-o", "\(scratch.path)/\(name)"])
        try #require(built.status == 0, "\(built.output)")
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    private static func probe() throws -> Scratch {
        let scratch = try Scratch()
        try build("probe.so", into: scratch, ["probe.c"], ["-O2", "-shared", "-fPIC", "-fvisibility=hidden"])
        return scratch
    }

    @Test(arguments: interpreters)
    func `are those that the interpreter says`(interpreter: String) throws {
        let scratch = try Self.probe()
        for scenario in Self.scenarios {
            let script = Self.programs.appendingPathComponent("frames.py").path
            let ended = try Self.run(interpreter, [script, "\(scratch.path)/probe.so", scenario])
            #expect(ended.status == 0 && ended.output.hasPrefix("ok "), "\(scenario): \(ended.output.suffix(1000))")
        }
    }

    /// An interpreter of which nothing is known is left alone, and said to be one.
    @Test func `are not taken where the layout is not known`() throws {
        let scratch = try Self.probe()
        let script = """
            import ctypes, sys
            probe = ctypes.PyDLL(sys.argv[1])
            frames = (ctypes.c_uint64 * 64)()
            assert probe.probe_frames(frames, 64) > 0
            # Python 4.0, and 3.13 whose runtime publishes nothing.
            for version in (0x040000f0, 0x030d00f0, 0x030a00f0, 0):
                assert probe.probe_restart(version) == 2, version
                assert probe.probe_frames(frames, 64) == 0
            assert probe.probe_restart(sys.hexversion) == 1
            assert probe.probe_frames(frames, 64) > 0
            print("ok")
            """
        let ended = try Self.run("/usr/bin/python3", ["-c", script, "\(scratch.path)/probe.so"])
        #expect(ended.output == "ok\n")
    }

    /// Damaged at random, a made-up interpreter ends no process, and what is read of it keeps its bounds.
    @Test func `survive whatever lies where they should be`() throws {
        let scratch = try Scratch()
        try Self.build(
            "hostile", into: scratch, ["hostile.c", "probe.c"], ["-O1", "-fsanitize=address,undefined", "-pthread"])
        let ended = try Self.run("\(scratch.path)/hostile", ["20000"])
        #expect(ended.status == 0 && ended.output.hasPrefix("ok "), "\(ended.output.suffix(2000))")
    }
}
