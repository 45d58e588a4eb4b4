import Glibc
import System
import TestSupport
import Testing

/// Four readable pages filled with their index, the third one not readable.
private let pagesProgram = """
    import ctypes
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    start = libc.mmap(None, 4 * 4096, 3, 0x22, -1, 0)
    for page in range(4):
        ctypes.memset(start + page * 4096, page + 1, 4096)
    libc.mprotect(ctypes.c_void_p(start + 2 * 4096), 4096, 0)
    print(start)
    input()
    """

struct `Process memory` {
    private let child: PythonChild
    private let start: UInt64

    init() throws {
        child = try PythonChild(pagesProgram)
        start = try #require(child.line().flatMap { UInt64($0) })
    }

    private func range(_ offset: UInt64, _ count: UInt64) -> Range<UInt64> { start + offset..<start + offset + count }

    @Test func `gives every range that can be read, whatever fails beside it`() throws {
        defer { child.end() }
        let read = try ProcessMemory(pid: child.pid).read([
            range(0, 2), range(8192, 2), range(4095, 3), range(8190, 4), range(4096, 0), 0..<8, range(12288, 1),
        ])
        #expect(read == [[1, 1], nil, [1, 2, 2], nil, [], nil, [4]])
    }

    @Test func `goes on after the faults in more than one batch of ranges`() throws {
        defer { child.end() }
        var ranges: [Range<UInt64>] = []
        var expected: [[UInt8]?] = []
        for index in 0..<5000 {
            let page = index % 4
            ranges.append(range(UInt64(page * 4096 + index / 4), 3))
            expected.append(page == 2 ? nil : [UInt8](repeating: UInt8(page + 1), count: 3))
        }
        #expect(try ProcessMemory(pid: child.pid).read(ranges) == expected)
    }

    @Test func `gives as much of one large range as can be read`() throws {
        defer { child.end() }
        let memory = ProcessMemory(pid: child.pid)
        let expected = [UInt8](repeating: 1, count: 4096) + [UInt8](repeating: 2, count: 4096)
        #expect(try memory.read(at: start, count: 16384) == expected)
        #expect(try memory.read(at: start + 8192, count: 4096) == [])
        #expect(try memory.read(at: start, count: 0) == [])
    }

    @Test func `is an error of its own if the process is gone`() throws {
        child.end()
        let memory = ProcessMemory(pid: child.pid)
        let gone = SystemError(call: "process_vm_readv", errno: ESRCH, what: "process \(child.pid)")
        #expect(throws: gone) { try memory.read([range(0, 1)]) }
        #expect(throws: gone) { try memory.read(at: start, count: 1) }
    }
}
