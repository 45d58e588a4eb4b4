import Foundation
import System
import Testing

@Suite(.serialized) struct `The processes of a command` {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    func processes(_ command: String...) throws -> [SiltRun.Observed] {
        try SiltRun(command, in: scratch).processes()
    }

    @Test func `are all followed`() throws {
        let script = """
            PYTHON -c "import time; held = b'x' * (20 << 20); time.sleep(0.5)" &
            PYTHON -c "import time; held = b'x' * (40 << 20); time.sleep(0.5)" & wait
            """
        let found = try processes("sh", "-c", script)
        #expect(found.map(\.ending) == ["exit", "exit"])
        #expect(found.map(\.peak).sorted()[1] > 40 * mebibyte)
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
        let program = """
            import os, signal, time
            held = b'x' * (20 << 20)
            try: os.execv("/nowhere", ["nowhere"])
            except OSError: time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGKILL)
            """
        #expect(try processes("PYTHON", "-c", program).map(\.ending) == ["lost"])
    }

    @Test func `that are killed have their last periodic reading`() throws {
        let program = """
            import os, signal, time
            worker = os.fork()
            if worker == 0:
                held = b'x' * (40 << 20)
                time.sleep(60)
            time.sleep(1)
            os.kill(worker, signal.SIGKILL)
            os.wait()
            """
        let found = try processes("PYTHON", "-c", program)
        let worker = try #require(found.first { $0.ending == "lost" })
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
        #expect(found.first.map { $0.pid == Int(pid) && $0.last > 30 * mebibyte } == true)
    }
}
