import Foundation
import TestSupport
import Testing

/// What may be wrong with a process that is to be proved: the answer is an error or says what it lacks, and it runs on.
struct `Proofs of what is not as it should be` {
    private let sleeper = [Build.python, "-c", "print('ready', flush=True); input()"]

    private func prove(_ target: Target) throws -> UnreachableDocument {
        let outcome = try silt("leaks", "--unreachable", "\(target.pid)", "--json")
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try UnreachableDocument(outcome.output)
    }

    /// Every entry of the table of blocks is noise: addresses that are not mapped, blocks over one another, absurd sizes.
    @Test(arguments: 0..<4) func `a table of blocks that lies is not believed`(seed: UInt64) throws {
        try withScratch { scratch in
            try withTarget(sleeper, in: scratch, environment: ["SILT_SAMPLE": "1"]) { target in
                _ = try target.line()
                #expect(try prove(target).complete)
                let segment = try SegmentFile(in: scratch)
                let file = try #require(FileHandle(forUpdatingAtPath: segment.path))
                // The samples are section 17.
                try file.seek(toOffset: SegmentFile.sections + SegmentFile.sectionBytes * 17)
                let section = try #require(try file.read(upToCount: 32))
                func field(_ offset: Int, _ count: Int) -> UInt64 {
                    (0..<count).reduce(0) { $0 | UInt64(section[section.startIndex + offset + $1]) << UInt64(8 * $1) }
                }
                let (entryBytes, offset, count) = (field(4, 4), field(8, 8), field(24, 8))
                try #require(entryBytes >= 32 && count > 50)
                try file.seek(toOffset: offset)
                var bytes = [UInt8](try #require(try file.read(upToCount: Int(entryBytes * count))))
                var state = seed &* 7_919 &+ 1
                for index in bytes.indices {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    // Some seeds leave most of an entry as it is, so that it looks right.
                    if seed < 2 || (state >> 40) % 16 == 0 { bytes[index] ^= UInt8(truncatingIfNeeded: state >> 33) }
                }
                try file.seek(toOffset: offset)
                try file.write(contentsOf: bytes)
                let document = try prove(target)
                #expect(!document.complete && !document.degraded.isEmpty)
                #expect(target.isRunning)
                try target.tell()
            }
        }
    }

    @Test func `60,000 mappings are read`() throws {
        let program = """
            import ctypes, mmap
            libc = ctypes.CDLL(None)
            libc.mmap.restype = ctypes.c_void_p
            libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
            start = libc.mmap(None, 60000 * 4096, 3, 0x22, -1, 0)
            libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
            for page in range(0, 60000, 2): libc.mprotect(start + page * 4096, 4096, 1)
            print(sum(1 for line in open('/proc/self/maps')), flush=True); input()
            """
        try withScratch { scratch in
            let target = [Build.python, "-c", program]
            try withTarget(target, in: scratch, environment: ["SILT_SAMPLE": "1"]) { target in
                try #require(Int(try target.line()) ?? 0 > 50_000, "the probe itself")
                #expect(try prove(target).complete)
                try target.tell()
            }
        }
    }

    @Test func `processes that end meanwhile are an error in a line, or a proof`() throws {
        try withScratch { scratch in
            for delay in 0..<12 {
                let target = try Target(
                    [
                        Build.python, "-c",
                        "import time; x = bytearray(1 << 26); print('ready', flush=True); time.sleep(\(delay)/200)",
                    ],
                    environment: targetEnvironment(scratch, preloaded: true, adding: ["SILT_SAMPLE": "1"]),
                    errors: scratch.errors)
                defer { target.end() }
                _ = try target.line()
                let outcome = try silt("leaks", "--unreachable", "\(target.pid)")
                #expect(
                    outcome.status == 0 || outcome.status == 3 && outcome.errorLines.count == 1,
                    "\(outcome.status) \(outcome.errors)")
                #expect(try target.finish() == 0)
            }
        }
    }
}
