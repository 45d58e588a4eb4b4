import Glibc
import System
import TestSupport
import Testing

/// Three threads count up. SIGUSR1 is counted as well, which a test's thread may have blocked: children inherit that.
private let countingProgram = """
    import ctypes, signal, threading, time
    counts = (ctypes.c_uint64 * 4)()
    def work(index):
        while True:
            counts[index] += 1
    def on_signal(number, frame):
        counts[3] += 1
    signal.signal(signal.SIGUSR1, on_signal)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for index in range(3):
        threading.Thread(target=work, args=(index,), daemon=True).start()
    print(ctypes.addressof(counts))
    while True:
        time.sleep(0.01)
    """

/// Sends itself queued signals without a pause, of which the interpreter's handler, in C, writes a byte each, and at
/// the end prints how many were lost. Between being seized and interrupted, it may stop on the delivery of one.
private let signallingProgram = """
    import os, select, signal, sys
    get, put = os.pipe()
    os.set_blocking(get, False)
    os.set_blocking(put, False)
    signal.set_wakeup_fd(put)
    signal.signal(signal.SIGRTMIN, lambda number, frame: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    print("ready")
    sent = received = 0
    while not select.select([0], [], [], 0)[0]:
        for _ in range(500):
            os.kill(os.getpid(), signal.SIGRTMIN)
        sent += 500
        received += len(os.read(get, 1 << 16))
    print(sent - received)
    """

/// A running ``countingProgram``.
private struct CountingChild {
    let child: PythonChild
    let address: UInt64
    var pid: Int32 { child.pid }

    init() throws {
        child = try PythonChild(countingProgram)
        address = try #require(child.line().flatMap { UInt64($0) })
        #expect(eventually { (try? isCounting()) == true })
    }

    static func counts(_ pid: Int32, _ address: UInt64) throws -> [UInt64] {
        let bytes = try ProcessMemory(pid: pid).read(at: address, count: 32)
        return stride(from: 0, to: 32, by: 8).map { start in
            bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    func end() { child.end() }

    func counts() throws -> [UInt64] { try Self.counts(pid, address) }

    /// Whether the counts move within 50 ms.
    static func isCounting(_ pid: Int32, _ address: UInt64) throws -> Bool {
        let before = try counts(pid, address)
        usleep(50_000)
        return try counts(pid, address)[..<3] != before[..<3]
    }

    func isCounting() throws -> Bool { try Self.isCounting(pid, address) }

    /// The state letter of /proc/PID/stat.
    func state() throws -> Character? {
        let bytes = try Descriptor.open("/proc/\(pid)/stat").readAll()
        return bytes.lastIndex(of: UInt8(ascii: ")")).map { Character(Unicode.Scalar(bytes[$0 + 2])) }
    }
}

struct `A stopped process` {
    @Test func `stands still while it is held and runs on after`() throws {
        let child = try CountingChild()
        defer { child.end() }
        try withProcessStopped(pid: child.pid, timeoutSeconds: 10) {
            let (isCounting, state) = (try child.isCounting(), try child.state())
            #expect(!isCounting && state == "t")
        }
        #expect(try eventually { try child.isCounting() })
    }

    @Test func `names every thread, and can be stopped again`() throws {
        let child = try CountingChild()
        defer { child.end() }
        for _ in 0..<20 {
            let stopped = try StoppedProcess(pid: child.pid, timeoutSeconds: 10)
            #expect(stopped.threadIDs.count == 4)
            #expect(stopped.threadIDs.contains(child.pid))
        }
        #expect(try eventually { try child.isCounting() })
    }

    @Test func `is released when the holder is killed`() async throws {
        let child = try CountingChild()
        defer { child.end() }
        let pid = child.pid
        let address = child.address
        await #expect(processExitsWith: .signal(SIGKILL)) { [pid = pid as Int32, address = address as UInt64] in
            let stopped = try StoppedProcess(pid: pid, timeoutSeconds: 10)
            if try !CountingChild.isCounting(pid, address) { kill(getpid(), SIGKILL) }
            _ = consume stopped
        }
        #expect(try eventually { try child.isCounting() })
    }

    @Test func `gets a signal afterwards that was sent while it was held`() throws {
        let child = try CountingChild()
        defer { child.end() }
        try withProcessStopped(pid: child.pid, timeoutSeconds: 10) {
            child.child.send(SIGUSR1)
            usleep(50_000)
            let arrived = try child.counts()[3]
            #expect(arrived == 0)
        }
        #expect(try eventually { try child.counts()[3] == 1 })
    }

    @Test func `loses no signal that arrives together with the stop`() throws {
        let child = try PythonChild(signallingProgram)
        defer { child.end() }
        #expect(child.line() == "ready")
        for _ in 0..<3000 {
            try withProcessStopped(pid: child.pid, timeoutSeconds: 10) {}
        }
        child.tell("end")
        #expect(child.line() == "0")
    }

    /// One stop in four is on the delivery of a signal, so that 16 of them very likely are not without one.
    @Test func `loses no signal when the holder is killed`() async throws {
        let child = try PythonChild(signallingProgram)
        defer { child.end() }
        #expect(child.line() == "ready")
        let pid = child.pid
        for _ in 0..<16 {
            await #expect(processExitsWith: .signal(SIGKILL)) { [pid = pid as Int32] in
                let stopped = try StoppedProcess(pid: pid, timeoutSeconds: 10)
                kill(getpid(), SIGKILL)
                _ = consume stopped
            }
        }
        child.tell("end")
        #expect(child.line() == "0")
    }

    @Test func `stays stopped if it was stopped before, and continues when told`() throws {
        let child = try CountingChild()
        defer { child.end() }
        child.child.send(SIGSTOP)
        #expect(try eventually { try child.state() == "T" })
        try withProcessStopped(pid: child.pid, timeoutSeconds: 10) {
            let state = try child.state()
            #expect(state == "t")
        }
        #expect(try eventually { try child.state() == "T" })
        #expect(try !child.isCounting())
        child.child.send(SIGCONT)
        #expect(try eventually { try child.isCounting() })
    }

    @Test func `can be one whose main thread has ended`() throws {
        let child = try PythonChild(
            """
            import ctypes, threading, time
            counts = (ctypes.c_uint64 * 4)()
            def work():
                print(ctypes.addressof(counts), flush=True)
                while True:
                    counts[0] += 1
            threading.Thread(target=work).start()
            time.sleep(0.05)
            ctypes.CDLL(None).syscall(60, 0)
            """)
        defer { child.end() }
        let address = try #require(child.line().flatMap { UInt64($0) })
        let main = try Descriptor.open("/proc/\(child.pid)/task/\(child.pid)/stat")
        #expect(try eventually { try main.read(at: 0, count: 100).contains(UInt8(ascii: "Z")) })
        // Its own number cannot be read any more; that of the other thread can.
        let other = try Descriptor.open("/proc/\(child.pid)/task").numericNames().first { $0 != child.pid }
        let thread = try #require(other)
        #expect(try eventually { try CountingChild.isCounting(thread, address) })
        let stopped = try StoppedProcess(pid: child.pid, timeoutSeconds: 10)
        #expect(stopped.threadIDs == [thread])
        #expect(try !CountingChild.isCounting(thread, address))
        _ = consume stopped
        #expect(try eventually { try CountingChild.isCounting(thread, address) })
    }

    /// The parent of a vfork waits where it cannot stop: given up in time, and it is nobody's tracee afterwards.
    @Test func `is given up after the time-out if it cannot stop`() throws {
        let child = try PythonChild(
            """
            import ctypes, os, sys
            CLONE_VFORK, SIGCHLD = 0x4000, 17
            pid = ctypes.CDLL(None).syscall(56, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0)
            if pid == 0:
                print(os.getpid(), flush=True)
                sys.stdin.readline()
                os._exit(0)
            print("on", flush=True)
            sys.stdin.readline()
            """)
        defer { child.end() }
        _ = try #require(child.line())
        let error = #expect(throws: SystemError.self) { _ = try StoppedProcess(pid: child.pid, timeoutSeconds: 0.1) }
        #expect(error == SystemError(call: "ptrace", errno: ETIMEDOUT, what: "thread \(child.pid)"))
        child.tell("end")
        #expect(child.line() == "on")
        let status = try Descriptor.open("/proc/\(child.pid)/status").readAll()
        #expect(String(decoding: status, as: UTF8.self).contains("TracerPid:\t0\n"))
    }

    @Test func `is an error if there is none`() throws {
        let child = try PythonChild("pass")
        let pid = child.pid
        #expect(child.line() == nil)
        child.end()
        #expect(eventually { !processExists(pid) })
        let error = #expect(throws: SystemError.self) { _ = try StoppedProcess(pid: pid, timeoutSeconds: 1) }
        #expect(error?.errno == ESRCH)
    }

    @Test func `is an error if another tracer has it`() throws {
        let child = try CountingChild()
        defer { child.end() }
        try withProcessStopped(pid: child.pid, timeoutSeconds: 10) {
            let error = #expect(throws: SystemError.self) { _ = try StoppedProcess(pid: child.pid, timeoutSeconds: 1) }
            #expect(error?.errno == EPERM)
        }
    }
}
