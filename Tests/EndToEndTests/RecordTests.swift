import Foundation
import MemoryModel
import Recordings
import Rendering
import TestSupport
import Testing

/// `silt run --record`, from the command to what its file says.
@Suite struct `A recording` {
    private func command(_ scratch: Scratch, _ command: [String], options: [String] = []) -> [String] {
        [Build.silt, "run", "--out", "/dev/null", "--record", Self.file(scratch)] + options + ["--"] + command
    }

    private static func file(_ scratch: Scratch) -> String { "\(scratch.folder)/run.json" }

    private static func read(_ scratch: Scratch) throws -> Recording {
        try readRecording([UInt8](try Data(contentsOf: URL(filePath: file(scratch)))))
    }

    /// Records a command, and leaves no segment behind.
    private func record(
        _ program: [String], options: [String] = [], status: Int32 = 0, errors: String = ""
    ) throws -> (recording: Recording, outcome: Outcome) {
        try withScratch { scratch in
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            let outcome = try run(command(scratch, program, options: options), environment: environment)
            #expect(outcome.status == status && outcome.errors == errors, "\(outcome)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.segments) == [])
            return (try Self.read(scratch), outcome)
        }
    }

    private static let marks = """
        import ctypes
        mark = ctypes.CDLL(None).silt_mark
        def hold(): return [bytes(4000) for _ in range(10000)]
        held = hold()
        assert mark(b"full") == 0
        del held
        for _ in range(3): assert mark(b"empty") == 0
        """

    @Test func `has a whole report at every mark, at the peaks and at the end`() throws {
        let process = try #require(try record([Build.python, "-c", Self.marks]).recording.processes.first)
        #expect(process.moments(.mark("full")).count == 1 && process.moments(.mark("empty")).count == 3)
        let full = try #require(process[MomentName(.mark("full"))])
        let empty = try #require(process[MomentName(.mark("empty"), occurrence: 1)])
        // Exact: nobody else allocates, and all threads are held still.
        #expect(full.report.reading.stopped && empty.report.reading.stopped)
        // 10,000 blocks of 4,033 bytes and their headers, and the list.
        #expect((10_000 * 4_048...10_000 * 4_200).contains((full.report.heap.live - empty.report.heap.live).rawValue))
        #expect(process.ending == .exit)
        for kind in [RecordedMoment.Kind.peak, .fragmentation, .end] {
            #expect(process.moments(kind).count == 1, "\(kind)")
        }
        for moment in process.moments {
            #expect(moment.report.ledger.reduce(0) { $0 + $1.bytes } == moment.report.rss)
            #expect(moment.report.coverage.complete, "\(moment.report.coverage)")
        }
        #expect(full.report.sites?.holds.groups.first?.frames.first?.function.hasPrefix("hold") == true)
        let seconds = process.moments.map(\.seconds)
        #expect(seconds == seconds.sorted())
    }

    /// The highest of a process that goes up and down again.
    @Test func `has the peak, with the code behind it`() throws {
        let program = """
            import time
            def hold(): return [bytes(4000) for _ in range(20000)]
            held = hold()
            time.sleep(1.5)
            del held
            time.sleep(0.5)
            """
        let process = try #require(try record([Build.python, "-c", program]).recording.processes.first)
        let peak = try #require(process[MomentName(.peak)])
        let end = try #require(process[MomentName(.end)])
        #expect(peak.report.rss > end.report.rss + .mebibytes(40))
        #expect(peak.report.sites?.holds.groups.first?.frames.first?.function.hasPrefix("hold") == true)
        let rows = process.series.points.compactMap(\.rows)
        #expect(!rows.isEmpty && process.series.points.count > rows.count)
        for point in process.series.points where point.rows != nil {
            #expect(point.rows!.reduce(0, +) == point.rss)
        }
        #expect(process.series.points.map(\.rss).max()! >= peak.report.rss - .mebibytes(1))
    }

    @Test func `says what it was made on, and how the command ended`() throws {
        let (recording, _) = try record(["/bin/sh", "-c", "exit 7"], status: 7)
        #expect(recording.end?.status == .exited(7) && recording.command == ["/bin/sh", "-c", "exit 7"])
        let facts = Dictionary(uniqueKeysWithValues: recording.environment.map { ($0.name, $0.value) })
        #expect(facts["kernel"]?.isEmpty == false && facts["page_bytes"] == "\(sysconf(Int32(_SC_PAGESIZE)))")
        #expect(facts["cores"].flatMap { Int($0) } ?? 0 > 0)
    }

    @Test func `of a command that is killed has its last reading`() throws {
        let recording = try withPauses(from: 1) { pause in
            let program = """
                import os, time
                held = bytearray(b'x' * (40 << 20))
                time.sleep(\(pause))
                os.kill(os.getpid(), 9)
                """
            return try record([Build.python, "-c", program], status: 128 + 9).recording
        } until: {
            $0.processes.first?[MomentName(.end)] != nil
        }
        #expect(recording.end?.status == .signaled(9))
        let process = try #require(recording.processes.first)
        #expect(process.ending == .lost && process[MomentName(.end)]!.report.rss > .mebibytes(40))
    }

    /// What a killed silt leaves: lines that are whole, up to the last second.
    @Test func `that was cut off is readable up to then`() throws {
        try withScratch { scratch in
            let process = Process()
            process.executableURL = URL(filePath: Build.silt)
            let program = "held = bytearray(b'x' * (40 << 20)); import time; time.sleep(600)"
            process.arguments = Array(command(scratch, [Build.python, "-c", program]).dropFirst())
            process.environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            try process.run()
            let isThere = eventually {
                (try? Self.read(scratch).processes.first?.series.points.last).flatMap { $0 }.map { $0.seconds > 2 }
                    ?? false
            }
            let pid = try Self.read(scratch).processes.first?.pid
            kill(process.processIdentifier, SIGKILL)
            #expect(isThere)
            let recording = try Self.read(scratch)
            #expect(recording.end == nil && recording.degraded.contains("cut-off"))
            #expect(recording.processes.first?.series.points.contains { $0.rows != nil } == true)
            // The target runs on. Its run's directory, in the scratch folder, would be swept by the next run there.
            let target = try #require(pid.flatMap { Int32(exactly: $0) })
            #expect(kill(target, 0) == 0)
            kill(target, SIGKILL)
            // Not before: Foundation waits until all who have inherited one of its sockets have ended.
            process.waitUntilExit()
        }
    }

    @Test func `that cannot be written costs the command nothing`() throws {
        let (whole, missing) = try withScratch { scratch in
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            func outcome(_ file: String) throws -> Outcome {
                try run(
                    [
                        Build.silt, "run", "--out", "/dev/null", "--record", file, "--", "/bin/sh", "-c",
                        "echo on; exit 3",
                    ],
                    environment: environment)
            }
            return (try outcome("/dev/full"), try outcome("\(scratch.folder)/none/run.json"))
        }
        #expect(whole.status == 3 && whole.output == "on\n" && whole.errors.contains("recording is not whole"))
        // What cannot begin is said before the command has run.
        #expect(missing.status == 2 && missing.output == "" && missing.errors.contains("--record"))
    }

    /// A link stays one, and the draft of a killed silt is no obstacle.
    @Test func `is written where its link leads`() throws {
        try withScratch { scratch in
            let target = "\(scratch.folder)/elsewhere.json"
            try "".write(toFile: target, atomically: true, encoding: .utf8)
            try "left".write(toFile: "\(target).part", atomically: true, encoding: .utf8)
            try FileManager.default.createSymbolicLink(atPath: Self.file(scratch), withDestinationPath: target)
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            #expect(try run(command(scratch, ["/bin/true"]), environment: environment).status == 0)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: Self.file(scratch)) == target)
            #expect(!FileManager.default.fileExists(atPath: "\(target).part"))
            #expect(try Self.read(scratch).end?.status == .exited(0))
        }
    }

    @Test func `is not lost to a command that cannot be run`() throws {
        try withScratch { scratch in
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            _ = try run(command(scratch, ["/bin/true"]), environment: environment)
            let before = try Data(contentsOf: URL(filePath: Self.file(scratch)))
            let outcome = try run(command(scratch, ["/nonexistent/program"]), environment: environment)
            #expect(outcome.status == 3 && outcome.errorLines.count == 1, "\(outcome)")
            #expect(try Data(contentsOf: URL(filePath: Self.file(scratch))) == before)
        }
    }

    @Test func `of a thousand children is small and whole`() throws {
        let script = "i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done"
        let (recording, _) = try record(["/bin/sh", "-c", script], options: ["--all"])
        #expect(recording.end?.status == .exited(0) && recording.degraded == [])
        #expect(recording.processes.count == 1001)
        #expect(recording.processes.allSatisfy { $0.ending == .exit && $0[MomentName(.end)] != nil })
        // 4 KiB each.
        #expect(recording.lines.utf8.count < 4 << 20)
    }

    /// What was started without the library is no secret, among however many threads.
    @Test(arguments: [1, 100])
    func `has what does not carry the library, as far as the kernel knows it`(threads: Int) throws {
        let recording = try withPauses(from: 2) { pause in
            let program = """
                import os, subprocess, sys, threading
                end = threading.Event()
                for _ in range(\(threads - 1)): threading.Thread(target=end.wait).start()
                held = "held = bytearray(b'x' * (30 << 20)); import time; time.sleep(\(pause))"
                bare = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
                start = lambda: subprocess.run([sys.executable, "-c", held], env=bare)
                starter = threading.Thread(target=start)
                starter.start()
                starter.join()
                end.set()
                """
            return try record([Build.python, "-c", program]).recording
        } until: {
            $0.processes.contains(where: \.staysUncovered)
        }
        let bare = try #require(recording.processes.first { $0.staysUncovered })
        #expect(recording.processes.count { $0.staysUncovered } == 1)
        #expect(bare.moments.isEmpty && bare.command.last?.hasPrefix("held") == true)
        #expect(bare.highestRSS > .mebibytes(30) && bare.parent == recording.processes[0].pid)
        #expect(bare.series.points.allSatisfy { $0.rows == nil } && bare.endSeconds != nil)
        #expect(recording.text(TextStyle(width: 200)).contains("1 process ran without libsilt.so"))
    }

    /// Whoever forks, becomes another program, or ends: all of them carry the library.
    @Test func `has nobody without the library where all carry it`() throws {
        let program = """
            import os, subprocess, sys, time
            end = time.monotonic() + 3
            while time.monotonic() < end:
                child = os.fork()
                if child == 0:
                    time.sleep(0.6)
                    os.execv("/bin/sh", ["sh", "-c", "sleep 0.7; exec sleep 0.6"])
                subprocess.run(["/bin/sh", "-c", "sleep 0.6 & sleep 0.3"])
            """
        let (recording, _) = try record([Build.python, "-c", program])
        #expect(recording.processes.count > 10 && !recording.processes.contains(where: \.staysUncovered))
    }

    /// What runs below another silt has its books there.
    @Test func `has what runs below another silt as a process without books`() throws {
        let recording = try withPauses(from: 2) { pause in
            try record([Build.silt, "run", "--out", "/dev/null", "--", "/bin/sleep", "\(pause)"]).recording
        } until: {
            $0.processes.contains(where: \.staysUncovered)
        }
        #expect(recording.processes.filter(\.staysUncovered).map(\.command.first) == ["/bin/sleep"])
    }

    /// It calls itself 1, which is somebody else here.
    @Test(.enabled(if: Privileges.mayUnshare))
    func `looks at the right process, whatever that calls itself`() throws {
        let recording: Recording = try withPauses(from: 2) { pause in
            let program = "held = bytearray(b'x' * (30 << 20)); import time; time.sleep(\(pause))"
            return try record(Privileges.unshared + [Build.python, "-c", program]).recording
        } until: {
            $0.processes.contains { $0.series.points.contains { $0.rss > .mebibytes(30) } }
        }
        let held = recording.processes.filter { $0.highestRSS > .mebibytes(30) }
        #expect(held.count == 1 && held.first?.command.last?.hasPrefix("held") == true)
        #expect(held.first?.highestRSS ?? 0 < .mebibytes(60))
        #expect(recording.processes.allSatisfy { !$0.staysUncovered && $0.highestRSS < .mebibytes(60) })
    }

    /// More processes than a shell gives descriptors for: silt takes what the system allows, and says where that is too little.
    @Test(arguments: [("-S -n 64", 100), ("-n 64", 100), ("-n 64", 20), ("-n 64", 16), ("-n 64", 12)])
    func `of more processes than descriptors has them all, or says that it has not`(
        limit: String, children: Int
    ) throws {
        let program = """
            import os, time
            for _ in range(\(children)):
                if os.fork() == 0:
                    time.sleep(1)
                    os._exit(0)
            while True:
                try: os.wait()
                except ChildProcessError: break
            """
        try withScratch { scratch in
            let words = command(scratch, [Build.python, "-c", program], options: ["--all"])
            let outcome = try run(
                ["/bin/bash", "-c", "ulimit \(limit); exec \"$@\"", "bash"] + words,
                environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            #expect(outcome.status == 0, "\(outcome)")
            let recording = try Self.read(scratch)
            let read = recording.processes.count { $0.ending == .exit && $0[MomentName(.end)] != nil }
            #expect(read == children + 1 || recording.degraded == ["descriptors-exhausted"], "\(read)")
            if limit.hasPrefix("-S") { #expect(recording.degraded == []) }
            if !limit.hasPrefix("-S"), children == 100 { #expect(recording.degraded != []) }
        }
    }

    /// The command has the limits that silt was given, and not those that it takes for itself.
    @Test func `leaves the command its limits`() throws {
        try withScratch { scratch in
            let words = command(scratch, ["/bin/sh", "-c", "ulimit -n"])
            let outcome = try run(
                ["/bin/bash", "-c", "ulimit -S -n 200; exec \"$@\"", "bash"] + words,
                environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            #expect(outcome.output == "200\n", "\(outcome)")
        }
    }

    /// What its owner has hidden stays hidden.
    @Test func `that takes the place of another keeps its permissions`() throws {
        try withScratch { scratch in
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            try "".write(toFile: Self.file(scratch), atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: Self.file(scratch))
            #expect(try run(command(scratch, ["/bin/true"]), environment: environment).status == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: Self.file(scratch))[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    /// A socket's path has 107 bytes; that of the run's directory may have as many, and one has to get there from outside.
    @Test func `can be marked in a directory with a long name`() throws {
        try withScratch { scratch in
            let folder = scratch.folder + "/" + String(repeating: "x", count: 82 - scratch.folder.utf8.count)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let outcome = try run(
                command(scratch, ["/bin/sh", "-c", "'\(Build.silt)' mark $$ named"]),
                environment: targetEnvironment(scratch, preloaded: false, adding: ["SILT_DIR": folder]))
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
            #expect(try Self.read(scratch).processes.contains { !$0.moments(.mark("named")).isEmpty })
        }
    }

    @Test func `has every program that a process becomes, and every child`() throws {
        let program = """
            import os
            held = bytearray(b'x' * (30 << 20))
            if os.fork() == 0:
                more = bytearray(b'x' * (20 << 20))
                os._exit(0)
            os.wait()
            os.execv("/usr/bin/python3", ["python3", "-c", "held = bytearray(b'x' * (12 << 20))"])
            """
        let (recording, _) = try record([Build.python, "-c", program])
        #expect(recording.processes.map(\.index) == Array(recording.processes.indices))
        let read = recording.processes.filter { $0[MomentName(.end)] != nil }
        #expect(read.map(\.ending?.rawValue).sorted { ($0 ?? "") < ($1 ?? "") } == ["exec", "exit", "exit"])
        let child = try #require(read.first { $0.parent != nil })
        #expect(read.contains { $0.pid == child.parent })
    }

    /// The second worker is the second in every recording, whoever ends first.
    @Test func `numbers processes in the order in which they were made`() throws {
        let program = """
            import os
            gate, opened = os.pipe()
            children = []
            for size in (12, 22, 32, 42):
                child = os.fork()
                if child == 0:
                    held = bytearray(b'x' * (size << 20))
                    os.close(opened)
                    os.read(gate, 1)
                    os._exit(0)
                children.append(child)
            os.close(opened)
            for child in children: os.wait()
            """
        for _ in 0..<3 {
            let (recording, _) = try record([Build.python, "-c", program])
            let children = recording.processes.filter { $0.parent != nil }
            let sizes = children.compactMap { ($0[MomentName(.end)]?.report.heap.live.rawValue).map { $0 >> 20 } }
            #expect(sizes.count == 4 && sizes == sizes.sorted(), "\(sizes)")
        }
    }

    @Test func `follows what outlives the command to the command's end`() throws {
        let program = """
            import os, time
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    held = bytearray(b'x' * (30 << 20))
                    os.closerange(0, 1024)
                    time.sleep(600)
                os._exit(0)
            time.sleep(1)
            """
        let recording: Recording = try withScratch { scratch in
            let outcome = try run(
                command(scratch, [Build.python, "-c", program]),
                environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            #expect(outcome.status == 0, "\(outcome)")
            let recording = try Self.read(scratch)
            for process in recording.processes where process.ending == .running { kill(Int32(process.pid), SIGKILL) }
            return recording
        }
        let daemon = try #require(recording.processes.first { $0.ending == .running })
        #expect(daemon[MomentName(.end)]!.report.rss > .mebibytes(30))
    }

    @Test func `has what is proved to be leaked, where that is asked for`() throws {
        let program = """
            import ctypes
            libc = ctypes.CDLL(None)
            libc.malloc.restype = ctypes.c_void_p
            for _ in range(100): libc.malloc(5000)
            """
        let (recording, _) = try record([Build.python, "-c", program], options: ["--leaks"])
        let unreachable = recording.processes.first?[MomentName(.end)]?.unreachable
        // The last addresses may lie about in memory that is no longer used.
        #expect((unreachable?.leaked.bytes.rawValue ?? 0) >= 90 * 5000)
    }

    @Test func `can be marked from outside`() throws {
        try withScratch { scratch in
            let process = Process()
            let input = Pipe()
            process.executableURL = URL(filePath: Build.silt)
            process.arguments = Array(command(scratch, ["/bin/cat"]).dropFirst())
            process.environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            process.standardInput = input
            try process.run()
            var pid: Int?
            #expect(
                eventually {
                    pid = (try? Self.read(scratch).processes.first?.pid).flatMap { $0 }
                    return pid != nil
                })
            let marked = try silt("mark", "\(pid ?? 0)", "by hand")
            #expect(marked.status == 0 && marked.errors == "", "\(marked)")
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
            #expect(try Self.read(scratch).processes.first?.moments(.mark("by hand")).count == 1)
        }
    }

    @Test func `is nothing that a process without one can be marked in`() throws {
        let target = try silt("mark", "\(ProcessInfo.processInfo.processIdentifier)", "x")
        #expect(target.status == 3 && target.errors.contains("silt run --record"), "\(target)")
        #expect(try silt("mark", "0", "x").status == 2)
        // Preloaded without a run, and run without a recording.
        try withScratch { scratch in
            let program = "import ctypes; exit(ctypes.CDLL(None).silt_mark(b'x') == -1)"
            let alone = try run(
                [Build.python, "-c", program], environment: targetEnvironment(scratch, preloaded: true, adding: [:]))
            #expect(alone.status == 1)
            let unrecorded = try run(
                [Build.silt, "run", "--out", "/dev/null", "--", Build.python, "-c", program],
                environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            #expect(unrecorded.status == 1)
        }
    }

    @Test(arguments: ["0", "5ms", "x", "2h", "-1s"])
    func `takes no interval that is none`(_ interval: String) throws {
        let outcome = try silt("run", "--record", "/dev/null", "--interval=\(interval)", "--", "/bin/true")
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(outcome)")
    }
}
