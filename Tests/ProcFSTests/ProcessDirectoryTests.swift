import Glibc
import MemoryModel
import System
import TestSupport
import Testing

@testable import ProcFS

/// Four threads, and a line when they run.
private let program = """
    import threading, sys
    for _ in range(3):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    print("ready")
    sys.stdin.readline()
    """

struct `Process directory` {
    @Test func `tells what names the process`() throws {
        let before = Clock.sinceBoot()
        let child = try PythonChild(program, arguments: ["an argument", ""])
        defer { child.end() }
        #expect(child.line() == "ready")
        #expect(eventually { rests(child.pid) })
        let process = try ProcessDirectory(pid: child.pid)
        let earliest = Clock.sinceBoot()
        let facts = try process.facts()
        let latest = Clock.sinceBoot()
        #expect(facts.pid == Int(child.pid) && facts.threads == 4)
        #expect(facts.command == ["/usr/bin/python3", "-S", "-u", "-c", program, "an argument", ""])
        #expect(try facts.highWater == process.status().highWater)
        #expect(try #require(facts.highWater) > .mebibytes(1))
        // The start is rounded down to a clock tick.
        let started = Int64(try process.startNanoseconds())
        #expect(started >= before - 10_000_000 && started <= Clock.sinceBoot())
        // To a microsecond, for the arithmetic.
        #expect(facts.uptimeSeconds > Double(earliest - started) / 1e9 - 1e-6)
        #expect(facts.uptimeSeconds < Double(latest - started) / 1e9 + 1e-6)
        let threads = try process.threadIDs()
        #expect(threads.count == 4 && threads.contains(child.pid) && threads == threads.sorted())
    }

    @Test func `reads every file that it has a method for`() throws {
        let child = try PythonChild(program)
        defer { child.end() }
        #expect(child.line() == "ready")
        #expect(eventually { rests(child.pid) })
        let process = try ProcessDirectory(pid: child.pid)
        let mappings = try process.maps()
        #expect(mappings.contains { $0.name == "[stack]" })
        #expect(try process.smaps().map(\.mapping) == mappings)
        let rss = try process.smaps().map(\.totals.rss).reduce(0, +)
        #expect(try process.smapsRollupRss() == rss)
        #expect(try process.statm().size == process.stat().virtualSize)
        #expect(try process.environment()["PATH"] != nil)
        #expect(try process.stat().name == "python3")
        #expect(try process.status().uids == [User.real, User.effective, User.effective, User.effective])
    }

    /// The number may be given again at once: what was opened stays with the process that is gone.
    @Test func `says that the process has vanished`() throws {
        let child = try PythonChild(program)
        defer { child.end() }
        #expect(child.line() == "ready")
        #expect(eventually { rests(child.pid) })
        let process = try ProcessDirectory(pid: child.pid)
        #expect(throws: Never.self) { try process.maps() }
        child.end()
        let vanished = ProcessError.vanished(child.pid)
        #expect(throws: vanished) { try process.maps() }
        #expect(throws: vanished) { try process.facts() }
        #expect(throws: vanished) { try process.smapsRollupRss() }
        #expect(throws: vanished) { try process.threadIDs() }
        #expect(throws: vanished) { try residency(of: process, mappings: [.anything]) }
        #expect(throws: vanished) { try residency(of: process, mappings: [.anything], source: .pagemap) }
    }

    @Test func `says that a zombie has vanished`() throws {
        let child = try PythonChild(
            """
            import os, sys
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            print(pid)
            sys.stdin.readline()
            """)
        defer { child.end() }
        let pid = try #require(child.line().flatMap { Int32($0) })
        let process = try ProcessDirectory(pid: pid)
        #expect(eventually { (try? process.stat().isZombie) == true })
        #expect(throws: ProcessError.vanished(pid)) { try process.maps() }
        #expect(throws: ProcessError.vanished(pid)) { try process.smapsRollupRss() }
        #expect(try process.facts().command == ["[python3]"])
    }

    @Test func `says that there is no such process`() {
        #expect(throws: ProcessError.noSuchProcess(4 << 20 + 1)) { _ = try ProcessDirectory(pid: 4 << 20 + 1) }
        #expect(throws: ProcessError.noSuchProcess(-1)) { _ = try ProcessDirectory(pid: -1) }
    }

    /// kthreadd has number 2 wherever the first PID namespace is seen (init/main.c, rest_init); in a container some
    /// other process may have it, or none.
    @Test(.enabled(if: (try? ProcessDirectory(pid: 2).stat().isKernelThread) == true))
    func `says that it is a thread of the kernel`() throws {
        let process = try ProcessDirectory(pid: 2)
        #expect(throws: ProcessError.kernelThread(2)) { try process.maps() }
        #expect(throws: ProcessError.kernelThread(2)) { try process.smapsRollupRss() }
        #expect(try process.facts().command == ["[kthreadd]"])
    }

    @Test(arguments: [
        (ENOENT, ProcessError.vanished(7)), (ESRCH, .vanished(7)), (EPERM, .permissionDenied(7, file: "maps")),
        (EACCES, .permissionDenied(7, file: "maps")),
        (EIO, .failed(SystemError(call: "read", errno: EIO, what: "/proc/7/maps"))),
    ])
    func `tells failures of calls apart`(errno: Int32, expected: ProcessError) {
        let error = SystemError(call: "read", errno: errno, what: "/proc/7/maps")
        #expect(ProcessError(error, pid: 7, file: "maps") == expected)
        #expect(!expected.description.contains("\n"))
    }
}

extension Mapping {
    /// Some mapping.
    fileprivate static let anything = Mapping(
        range: AddressRange(start: Address(0x10000), end: Address(0x20000)), permissions: .read)
}
