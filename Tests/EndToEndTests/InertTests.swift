import Foundation
import Testing

/// Where no books can be kept, a process runs as if the library were not there, and the report says what is missing.
struct `A process without books` {
    private func expectUnharmed(_ command: [String], in scratch: Scratch, environment: [String: String] = [:]) throws {
        try withTarget(command, in: scratch, environment: environment) { target in
            _ = try target.ready()
            let report = try report(on: target.pid)
            let sum = report.content.ledger.reduce(0) { $0 + $1.bytes }
            expect(
                [
                    ("\(report.coverage.degraded) says why", report.coverage.degraded == ["segment-missing"]),
                    ("nobody told of the heap", report.coverage.source == "none"),
                    ("it is not called complete", !report.coverage.complete),
                    ("nothing is said of the heap", report.verdict == "unknown" && report.heap.liveBytes == 0),
                    ("the rows sum to RSS", sum == report.rss),
                    ("RSS is the kernel's", report.rss == (try rollupRss(target.pid))),
                ], report, #_sourceLocation)
            try target.tell()
            #expect(try target.message().trimmed == true)
        }
    }

    @Test func `is one that was not preloaded`() throws {
        try withScratch { scratch in
            let environment = ["LD_PRELOAD": ""]
            try expectUnharmed([Build.program("untouched-block"), "--trim"], in: scratch, environment: environment)
        }
    }

    @Test(arguments: ["/nonexistent", "/proc", "/dev/null", "/dev/shm/\(String(repeating: "x", count: 5000))"])
    func `runs on where the folder of segments cannot be used`(_ folder: String) throws {
        try withScratch { scratch in
            try expectUnharmed(
                [Build.program("untouched-block"), "--trim"], in: scratch, environment: ["SILT_DIR": folder])
        }
    }

    @Test(.enabled(if: Privileges.isRoot, "root may become another user"))
    func `runs on where the folder may not be written`() throws {
        try withScratch { scratch in
            let program = try Privileges.publish(Build.program("untouched-block"), in: scratch)
            let library = try Privileges.publish(Build.library, in: scratch)
            let closed = "\(scratch.folder)/closed"
            try FileManager.default.createDirectory(
                atPath: closed, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
            let command = ["/usr/bin/env", "LD_PRELOAD=\(library)", program, "--trim"]
            try expectUnharmed(
                Privileges.asNobody(command), in: scratch, environment: ["SILT_DIR": closed, "LD_PRELOAD": ""])
        }
    }

    /// RLIMIT_FSIZE: growing a file beyond it kills by SIGXFSZ. The threads of the tests block signals, and with that
    /// their children would; this one does not.
    @Test func `runs on where files may not grow`() throws {
        let program = """
            import os, resource, signal, sys
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.environ["LD_PRELOAD"] = sys.argv[1]
            # CPython ignores it, and an ignored signal stays ignored.
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            os.execv(sys.argv[2], [sys.argv[2], "--trim"])
            """
        try withScratch { scratch in
            let command = [Build.python, "-c", program, Build.library, Build.program("untouched-block")]
            try expectUnharmed(command, in: scratch, environment: ["LD_PRELOAD": ""])
        }
    }

    /// Books may be kept for as long as there is room; a plain touch of a page that there is none for is SIGBUS.
    @Test(
        .enabled(if: Privileges.mayMount, "a file system may be mounted"),
        arguments: [4, 16, 32, 64, 100, 128, 192, 1024],
        ["untouched-block --trim", "thread-arenas --trim", "prefork-server --wait"])
    func `runs on where the folder is full`(_ kibibytes: Int, _ command: String) throws {
        try withScratch { scratch in
            let script =
                "mount -t tmpfs -o size=\(kibibytes)k silt-test '\(scratch.segments)' && "
                + "LD_PRELOAD='\(Build.library)' exec '\(Build.folder)'/\(command)"
            let mounting = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script]
            try withTarget(mounting, in: scratch, preloaded: false) { target in
                for ready in try target.ready(command.contains("prefork") ? 4 : 1) {
                    let report = try report(on: try #require(ready.pid))
                    let sum = report.content.ledger.reduce(0) { $0 + $1.bytes }
                    let known = Set(["segment-missing", "segment-foreign", "books-stopped", "storage-full", "torn"])
                    expect(
                        [
                            ("the rows sum to RSS", sum == report.rss),
                            ("\(report.coverage.degraded)", known.isSuperset(of: report.coverage.degraded)),
                            ("it lacks something", kibibytes > 16 || !report.coverage.complete),
                        ], report, #_sourceLocation)
                }
                guard command.contains("--trim") else { return }
                try target.tell()
                #expect(try target.message().trimmed == true)
            }
        }
    }
}
