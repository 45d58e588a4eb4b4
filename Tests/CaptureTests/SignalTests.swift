import Foundation
import System
import TestSupport
import Testing

/// A Python program that counts one signal, says when it is ready, and ends 300 ms after the first.
private func counter(_ signal: String) -> String {
    """
    import signal, time
    count = 0
    def note(*_):
        global count
        count += 1
    signal.signal(signal.\(signal), note)
    print("ready", file=open("DIR/ready", "w"), flush=True)
    end = time.monotonic() + 60
    while count == 0 and time.monotonic() < end: time.sleep(0.02)
    time.sleep(0.3)
    print(count, file=open("DIR/count", "w"), flush=True)
    raise SystemExit(7)
    """
}

@Suite(.serialized) struct `A signal to silt run` {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test(arguments: [
        ("SIGTERM", SIGTERM), ("SIGINT", SIGINT), ("SIGHUP", SIGHUP), ("SIGQUIT", SIGQUIT), ("SIGUSR1", SIGUSR1),
        ("SIGUSR2", SIGUSR2), ("SIGCONT", SIGCONT), ("SIGWINCH", SIGWINCH), ("SIGALRM", SIGALRM),
    ])
    func `is passed on once, and silt lives on`(_ name: String, _ signal: Int32) throws {
        let run = try SiltRun(["PYTHON", "-c", counter(name)], in: scratch)
        _ = try scratch.awaited("ready")
        try run.kill(signal)
        #expect(try run.wait() == .exited(7))
        #expect(scratch.text("count") == "1")
        #expect(try scratch.names("segments") == [])
    }

    @Test func `that ends the command ends silt after its reports`() throws {
        let program = "import time; held = b'x' * (30 << 20); open('DIR/ready', 'w').write('1'); time.sleep(600)"
        let processes = try withPauses(from: 0.2) { pause in
            let scratch = try Scratch()
            let run = try SiltRun(["PYTHON", "-c", program], in: scratch)
            _ = try scratch.awaited("ready")
            usleep(UInt32(pause * 1e6))
            try run.kill(SIGTERM)
            #expect(try run.wait() == .signaled(SIGTERM))
            return try run.processes()
        } until: {
            !$0.isEmpty
        }
        #expect(processes.map(\.ending) == ["lost"])
        #expect(processes.first.map { $0.last > 30 * mebibyte } == true)
    }

    /// The terminal gives the keys' signals to the whole group; silt must not give them again.
    @Test func `from the terminal reaches the command once`() throws {
        let keys = """
            import os, pty, signal, sys, time
            pid, terminal = pty.fork()
            if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
            while not os.path.exists("DIR/ready") or not open("DIR/ready").read(): time.sleep(0.02)
            signal.alarm(60)  # Its end closes the terminal, which ends the rest.
            for key in range(10):  # Each waits for the one before: the kernel merges signals that are pending.
                os.write(terminal, b"\\x03")
                while os.path.getsize("DIR/heard") <= key: time.sleep(0.005)
            status = os.waitpid(pid, 0)[1]
            raise SystemExit(os.waitstatus_to_exitcode(status))
            """.replacingOccurrences(of: "DIR", with: scratch.path)
        // Python's handler runs once for signals that come together; the pipe gets a byte for each.
        let counter = """
            import os, signal, time
            reader, writer = os.pipe()
            os.set_blocking(writer, False)
            os.set_blocking(reader, False)
            signal.signal(signal.SIGINT, lambda *_: None)
            signal.set_wakeup_fd(writer)
            heard = open("DIR/heard", "wb", buffering=0)
            print("ready", file=open("DIR/ready", "w"), flush=True)
            while os.path.getsize("DIR/heard") < 10:
                try: heard.write(os.read(reader, 1000))
                except BlockingIOError: time.sleep(0.005)
            time.sleep(0.3)  # One that came twice would come now.
            try: heard.write(os.read(reader, 1000))
            except BlockingIOError: pass
            print(os.path.getsize("DIR/heard"), file=open("DIR/count", "w"), flush=True)
            raise SystemExit(7)
            """.replacingOccurrences(of: "DIR", with: scratch.path)
        let child = try Child.spawn(
            ["/usr/bin/python3", "-c", keys, SiltRun.program, "run", "--out", "\(scratch.path)/report", "--"]
                + ["/usr/bin/python3", "-c", counter],
            environment: ["SILT_DIR=\(try scratch.directory("segments"))"], mask: [])
        var end: Child.End?
        for _ in 0..<9000 where end == nil {
            end = try child.reap()
            usleep(10_000)
        }
        #expect(end == .exited(7))
        #expect(scratch.text("count") == "10")
    }

    @Test func `that kills it leaves the command alone, and the next run cleans up`() throws {
        let program = """
            import time
            held = b'x' * (30 << 20)
            open('DIR/ready', 'w').write('1')
            while True:
                try: open('DIR/go').read(); break
                except OSError: time.sleep(0.02)
            open('DIR/done', 'w').write('1')
            """
        let run = try SiltRun(
            ["sh", "-c", "PYTHON -c \"$1\"; echo $? >DIR/status", "sh", program], in: scratch)
        _ = try scratch.awaited("ready")
        try run.kill(SIGKILL)
        #expect(try run.wait() == .signaled(SIGKILL))
        #expect(try scratch.names("segments").count == 1)
        let released = Date()
        try Data().write(to: URL(fileURLWithPath: "\(scratch.path)/go"))
        #expect(try scratch.awaited("status") == "0")
        #expect(scratch.text("done") == "1")
        // Nobody listens: it must not have waited for its last reading, for which it would wait 10 s (LEAVE_MS).
        #expect(Date().timeIntervalSince(released) < 10)
        _ = try SiltRun(["true"], in: scratch).processes()
    }
}
