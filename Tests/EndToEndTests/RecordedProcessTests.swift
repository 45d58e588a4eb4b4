import Foundation
import MemoryModel
import Recordings
import Rendering
import TestSupport
import Testing

/// Which processes of a command `silt run --record` finds, follows and tells apart.
@Suite struct `A recording of several processes` {
    @Test func `is small and whole with a thousand children`() throws {
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
    func `has all of more than there are descriptors for, or says that it has not`(
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
            let words = recordCommand(scratch, [Build.python, "-c", program], options: ["--all"])
            let outcome = try run(
                ["/bin/bash", "-c", "ulimit \(limit); exec \"$@\"", "bash"] + words,
                environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            #expect(outcome.status == 0, "\(outcome)")
            let recording = try scratch.recording()
            let read = recording.processes.count { $0.ending == .exit && $0[MomentName(.end)] != nil }
            #expect(read == children + 1 || recording.degraded == ["descriptors-exhausted"], "\(read)")
            if limit.hasPrefix("-S") { #expect(recording.degraded == []) }
            if !limit.hasPrefix("-S"), children == 100 { #expect(recording.degraded != []) }
        }
    }

    /// The command has the limits that silt was given, and not those that it takes for itself.
    @Test func `leaves the command its limits`() throws {
        try withScratch { scratch in
            let words = recordCommand(scratch, ["/bin/sh", "-c", "ulimit -n"])
            let outcome = try run(
                ["/bin/bash", "-c", "ulimit -S -n 200; exec \"$@\"", "bash"] + words,
                environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            #expect(outcome.output == "200\n", "\(outcome)")
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
                recordCommand(scratch, [Build.python, "-c", program]),
                environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            #expect(outcome.status == 0, "\(outcome)")
            let recording = try scratch.recording()
            for process in recording.processes where process.ending == .running { kill(Int32(process.pid), SIGKILL) }
            return recording
        }
        let daemon = try #require(recording.processes.first { $0.ending == .running })
        #expect(daemon[MomentName(.end)]!.report.rss > .mebibytes(30))
    }
}
