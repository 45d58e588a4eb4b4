import Foundation
import System
import TestSupport
import Testing

@Suite(.serialized) struct `The processes of a command` {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    func processes(_ command: String...) throws -> [SiltRun.Observed] {
        try SiltRun(command, in: scratch).processes()
    }

    @Test func `are all followed`() throws {
        func highest(_ found: [SiltRun.Observed]) -> Int { found.map(\.peak).max() ?? 0 }
        let found = try withPauses(from: 0.5) { pause in
            let script = """
                PYTHON -c "import time; held = b'x' * (20 << 20); time.sleep(\(pause))" &
                PYTHON -c "import time; held = b'x' * (40 << 20); time.sleep(\(pause))" & wait
                """
            return try processes("sh", "-c", script)
        } until: {
            highest($0) > 40 * mebibyte
        }
        #expect(found.map(\.ending) == ["exit", "exit"])
        #expect(highest(found) > 40 * mebibyte)
    }

    @Test func `are followed through fork, and through _exit`() throws {
        let program = """
            import os, time
            held = b'x' * (20 << 20)
            for worker in range(3):
                if os.fork() == 0:
                    own = b'y' * (30 << 20)
                    os._exit(0)
            for worker in range(3): os.wait()
            """
        let found = try processes("PYTHON", "-c", program)
        #expect(found.count == 4 && found.allSatisfy { $0.ending == "exit" })
        #expect(found.dropFirst().allSatisfy { $0.parent == found[0].pid && $0.last > 50 * mebibyte })
        #expect(found[0].parent == nil)
    }

    @Test func `are followed through exec`() throws {
        let program = """
            import os
            held = b'x' * (20 << 20)
            os.execv("PYTHON", ["python3", "-c", "held = b'x' * (50 << 20)"])
            """
        let found = try processes("sh", "-c", "exec PYTHON -c \"$1\"", "sh", program)
        #expect(found.map(\.ending) == ["exec", "exit"])
        #expect(Set(found.map(\.pid)).count == 1)
        #expect(found.first.map { $0.last > 20 * mebibyte && $0.last < 50 * mebibyte } == true)
    }

    @Test func `go on after an exec that fails`() throws {
        let program = """
            import os
            held = b'x' * (20 << 20)
            try: os.execv("/nowhere", ["nowhere"])
            except OSError: held += b'x' * (30 << 20)
            os._exit(0)
            """
        let found = try processes("PYTHON", "-c", program)
        #expect(found.map(\.ending) == ["exit"])
        #expect(found.first.map { $0.last > 45 * mebibyte } == true)
    }

    @Test func `that are killed after an exec that failed did not become another program`() throws {
        let endings = try withPauses(from: 0.5) { pause in
            let program = """
                import os, signal, time
                held = b'x' * (20 << 20)
                try: os.execv("/nowhere", ["nowhere"])
                except OSError: time.sleep(\(pause))
                os.kill(os.getpid(), signal.SIGKILL)
                """
            return try processes("PYTHON", "-c", program).map(\.ending)
        } until: {
            $0 == ["lost"]
        }
        #expect(endings == ["lost"])
    }

    @Test func `that are killed have their last periodic reading`() throws {
        let killed = try withPauses(from: 1) { pause in
            let program = """
                import os, signal, time
                worker = os.fork()
                if worker == 0:
                    held = b'x' * (40 << 20)
                    time.sleep(600)
                time.sleep(\(pause))
                os.kill(worker, signal.SIGKILL)
                os.wait()
                """
            return try processes("PYTHON", "-c", program).first { $0.ending == "lost" }
        } until: {
            ($0?.last ?? 0) > 40 * mebibyte
        }
        let worker = try #require(killed)
        #expect(worker.last > 40 * mebibyte && worker.parent != nil)
    }

    @Test func `that outlive it are reported and not waited for`() throws {
        let daemon = """
            import os, time
            held = b'x' * (30 << 20)
            print(os.getpid(), file=open('DIR/daemon', 'w'), flush=True)
            time.sleep(60)
            """
        let script = "setsid PYTHON -c \"$1\" & while ! test -s DIR/daemon; do sleep 0.02; done; exit 5"
        let run = try SiltRun(
            ["sh", "-c", script, "sh", daemon], in: scratch)
        let pid = try #require(Int32(try scratch.awaited("daemon")))
        defer { try? send(signal: SIGKILL, to: pid) }
        #expect(try run.wait() == .exited(5))
        #expect(processExists(pid))
        let found = try run.processes()
        #expect(found.map(\.ending) == ["running"])
        #expect(found.first.map { $0.pid == Int(pid) && $0.last > 30 * mebibyte && $0.hasSites } == true)
    }
}
