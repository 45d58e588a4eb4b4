import Foundation
import System
import TestSupport
import Testing

@Suite(.serialized) struct `A supervised command` {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    func run(_ command: String..., options: [String] = [], environment: [String] = []) throws -> SiltRun {
        try SiltRun(command, in: scratch, options: options, environment: environment)
    }

    @Test(arguments: [
        ("exit 0", Child.End.exited(0)), ("exit 3", .exited(3)), ("exit 255", .exited(255)),
        ("kill -9 $$", .signaled(9)), ("kill -15 $$", .signaled(15)), ("kill -6 $$", .signaled(6)),
    ])
    func `ends silt as it ended`(_ script: String, _ end: Child.End) throws {
        let run = try run("sh", "-c", script)
        #expect(try run.wait() == end)
        #expect(try run.processes() == [])
        #expect(!FileManager.default.fileExists(atPath: "core"))
    }

    @Test func `that cannot be started is said`() throws {
        #expect(try run("/nowhere/at/all").wait() == .exited(3))
        #expect(try scratch.names("segments") == [])
    }

    @Test func `is read at its exit`() throws {
        let run = try run("PYTHON", "-c", "held = b'x' * (40 << 20)")
        #expect(try run.wait() == .exited(0))
        let processes = try run.processes()
        #expect(processes.count == 1 && processes[0].ending == "exit" && processes[0].parent == nil)
        #expect(processes[0].command.last == "held = b'x' * (40 << 20)")
    }

    @Test func `is read at its peak`() throws {
        let read = try withPauses(from: 0.6) { pause in
            let program = "import time; held = b'x' * (64 << 20); time.sleep(\(pause)); held = 0; time.sleep(1.6)"
            return try run("PYTHON", "-c", program).processes().first
        } until: {
            ($0?.peak ?? 0) > 64 * mebibyte
        }
        let found = try #require(read)
        #expect(found.peak > 64 * mebibyte && found.last < 64 * mebibyte)
    }

    @Test func `of less than 10 MiB is reported where all are asked for`() throws {
        #expect(try run("sh", "-c", "sleep 0.2; exit").processes() == [])
        let all = try run("sh", "-c", "sleep 0.2; exit", options: ["--all"]).processes()
        #expect(all.count == 2 && all.allSatisfy { $0.ending == "exit" && $0.last < 10 * mebibyte })
    }

    @Test func `keeps what is preloaded already`() throws {
        let preload = "LD_PRELOAD=libm.so.6"
        _ = try run("sh", "-c", "echo $LD_PRELOAD >DIR/preload", environment: [preload]).wait()
        let preloaded = try #require(scratch.text("preload"))
        #expect(preloaded.hasSuffix("/libsilt.so:libm.so.6"))
    }

    /// Also under nohup: what is ignored stays so.
    @Test(arguments: [("", 0), ("trap '' HUP;", 1), ("trap '' INT QUIT;", 6)])
    func `finds the signals as silt found them`(_ before: String, _ ignored: UInt64) throws {
        let inner = "exec grep -E '^Sig(Blk|Ign)' /proc/self/status"
        let silt = "\(SiltRun.program) run --out /dev/null"
        let script = "\(before) exec \(silt) -- sh -c \"\(inner)\" >\(scratch.path)/signals"
        let child = try Child.spawn(
            ["/bin/sh", "-c", script],
            environment: ["PATH=/usr/bin:/bin", "SILT_DIR=\(try scratch.directory("segments"))"], mask: [])
        while try child.reap() == nil { usleep(10_000) }
        let masks = try #require(scratch.text("signals")).split(whereSeparator: \.isWhitespace)
        // glibc ignores 32 and 33 in a child, which are its own (sysdeps/unix/sysv/linux/spawni.c).
        let own: UInt64 = 3 << 31
        #expect(masks.count == 4 && masks[0] == "SigBlk:" && masks[2] == "SigIgn:")
        #expect(UInt64(masks[1], radix: 16) == 0)
        #expect(UInt64(masks[3], radix: 16).map { $0 & ~own } == ignored)
    }

    @Test func `runs beside another one`() throws {
        func arePeaksApart(_ found: [[SiltRun.Observed]]) -> Bool {
            found.map(\.count) == [1, 1] && found[1][0].peak - found[0][0].peak > 30 * mebibyte
        }
        let found = try withPauses(from: 0.3) { pause in
            let runs = try [20, 60].map { mebibytes in
                let program = "import time; held = b'x' * (\(mebibytes) << 20); time.sleep(\(pause))"
                return try SiltRun(["PYTHON", "-c", program], in: Scratch())
            }
            return try runs.map { try $0.processes() }
        } until: {
            arePeaksApart($0)
        }
        #expect(arePeaksApart(found), "\(found)")
    }
}
