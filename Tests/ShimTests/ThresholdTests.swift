import MemoryModel
import Segment
import Testing

/// glibc's thresholds, as they follow from what the program frees (malloc/malloc.c, `__libc_free`).
struct `The thresholds` {
    struct Case: Sendable, CustomTestStringConvertible {
        /// Bytes of chunks; 0 stands for a call of mallopt that sets the mmap threshold to 64 KiB.
        var freed: [Int]
        /// KiB.
        var mmap: Int
        var trim: Int
        var caller: UInt64?

        var testDescription: String { "\(freed)" }
    }

    private static let mebibyte = 1 << 20
    /// Tried on glibc 2.36: after a chunk of exactly 32 MiB is freed, 1 MiB still gets a mapping of its own.
    static let cases: [Case] = [
        Case(freed: [65536, 65536, 65536, 65536], mmap: 128, trim: 128, caller: nil),
        Case(freed: [mebibyte, mebibyte, 614_400, 65536], mmap: 1024, trim: 2048, caller: 0x1000),
        Case(
            freed: [mebibyte, 32 * mebibyte, 32 * mebibyte + 4096, 4096 * mebibyte], mmap: 1024, trim: 2048,
            caller: 0x1000),
        Case(freed: [mebibyte, 32 * mebibyte - 4096, 4096, 4096], mmap: 32764, trim: 65528, caller: 0x1001),
        Case(freed: [mebibyte, 0, 2 * mebibyte, 4 * mebibyte], mmap: 64, trim: 2048, caller: 0x1000),
    ]

    @Test(arguments: cases) func `rise with the largest chunk freed, and stay where they were set`(_ test: Case) throws
    {
        let scratch = try Scratch()
        let scenario = try Scenario("thresholds", directory: scratch.path, test.freed)
        let model = try #require(try scenario.ready().first)
        let read = try books(of: model.pid)
        #expect(read.tunables.mmapThreshold == .kibibytes(test.mmap))
        #expect(read.tunables.trimThreshold == .kibibytes(test.trim))
        #expect(read.tunables.isDynamic == !test.freed.contains(0))
        #expect(read.thresholdCaller == test.caller.map { Address($0) })
        #expect(try scenario.end() == 0)
    }
}
