import Foundation
import MemoryModel
import Recordings
import Rendering
import TestSupport
import Testing

/// `silt run --record`, from the command to what its file says.
@Suite struct `A recording` {
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
            process.arguments = Array(recordCommand(scratch, [Build.python, "-c", program]).dropFirst())
            process.environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            try process.run()
            let isThere = eventually {
                (try? scratch.recording().processes.first?.series.points.last).flatMap { $0 }.map { $0.seconds > 2 }
                    ?? false
            }
            let pid = try scratch.recording().processes.first?.pid
            kill(process.processIdentifier, SIGKILL)
            #expect(isThere)
            let recording = try scratch.recording()
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
            try FileManager.default.createSymbolicLink(atPath: scratch.recordingFile, withDestinationPath: target)
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            #expect(try run(recordCommand(scratch, ["/bin/true"]), environment: environment).status == 0)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.recordingFile) == target)
            #expect(!FileManager.default.fileExists(atPath: "\(target).part"))
            #expect(try scratch.recording().end?.status == .exited(0))
        }
    }

    @Test func `is not lost to a command that cannot be run`() throws {
        try withScratch { scratch in
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            _ = try run(recordCommand(scratch, ["/bin/true"]), environment: environment)
            let before = try Data(contentsOf: URL(filePath: scratch.recordingFile))
            let outcome = try run(recordCommand(scratch, ["/nonexistent/program"]), environment: environment)
            #expect(outcome.status == 3 && outcome.errorLines.count == 1, "\(outcome)")
            #expect(try Data(contentsOf: URL(filePath: scratch.recordingFile)) == before)
        }
    }

    /// What its owner has hidden stays hidden.
    @Test func `that takes the place of another keeps its permissions`() throws {
        try withScratch { scratch in
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            try "".write(toFile: scratch.recordingFile, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: scratch.recordingFile)
            #expect(try run(recordCommand(scratch, ["/bin/true"]), environment: environment).status == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: scratch.recordingFile)[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
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

    @Test(arguments: ["0", "5ms", "x", "2h", "-1s"])
    func `takes no interval that is none`(_ interval: String) throws {
        let outcome = try silt("run", "--record", "/dev/null", "--interval=\(interval)", "--", "/bin/true")
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(outcome)")
    }
}
