import Glibc
import MemoryModel
import ProcFS
import System
import TestSupport
import Testing

/// Makes memory of every kind and prints of each: name, address, length, resident bytes, bytes in small zero pages.
private let kindsProgram = """
    import ctypes, os, sys, tempfile, threading
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    for call in (libc.madvise, libc.mprotect):
        call.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.mlock.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    libc.memfd_create.argtypes = [ctypes.c_char_p, ctypes.c_uint]
    PAGE, HUGE = 4096, 2 << 20
    RW, SHARED, PRIVATE, ANON, NORESERVE = 3, 1, 2, 0x20, 0x4000
    FREE, HUGEPAGE, NOHUGEPAGE, GUARD, POPULATE_READ = 8, 14, 15, 102, 22

    def write(start, pages):
        for page in pages:
            ctypes.memset(start + page * PAGE, 7, 1)
    def read(start, pages):
        for page in pages:
            ctypes.string_at(start + page * PAGE, 1)
    # An inaccessible page on each side: no mapping merges with its neighbour.
    def area(length, flags, descriptor=-1, advice=NOHUGEPAGE):
        hole = libc.mmap(None, length + 2 * HUGE, 0, PRIVATE | ANON | NORESERVE, -1, 0)
        start = (hole + HUGE) // HUGE * HUGE
        assert libc.mmap(start, length, RW, flags | 0x10, descriptor, 0) == start
        libc.madvise(start, length, advice)
        return start
    def tell(name, start, length, resident, zero=0):
        print(name, start, length, resident, zero)

    MIB = 1 << 20
    start = area(MIB, PRIVATE | ANON); write(start, range(0, 256, 3))
    tell("anonymous", start, MIB, 86 * PAGE)
    start = area(MIB, PRIVATE | ANON); read(start, range(0, 256, 2))
    tell("zero", start, MIB, 0, 128 * PAGE)
    start = area(MIB, PRIVATE | ANON); read(start, range(256)); write(start, range(0, 256, 4))
    tell("zero-and-written", start, MIB, 64 * PAGE, 192 * PAGE)
    start = area(4 * HUGE, PRIVATE | ANON, advice=HUGEPAGE); write(start, range(0, 1024, 512)); read(start, [1024, 1536])
    tell("huge-and-huge-zero", start, 4 * HUGE, 2 * HUGE)
    start = area(MIB, SHARED | ANON); write(start, range(0, 256, 2))
    tell("shared-anonymous", start, MIB, 128 * PAGE)
    start = area(MIB, SHARED | ANON); read(start, range(0, 64))
    tell("shared-read", start, MIB, 64 * PAGE)
    with tempfile.TemporaryFile() as file:
        file.write(bytes(MIB)); file.flush()
        start = area(MIB, PRIVATE, file.fileno()); libc.madvise(start, MIB, POPULATE_READ); write(start, range(0, 256, 5))
        tell("private-file", start, MIB, MIB)
    memfd = libc.memfd_create(b"a name with blanks", 0); os.ftruncate(memfd, MIB)
    start = area(MIB, SHARED, memfd); write(start, range(0, 256, 2))
    tell("memfd", start, MIB, 128 * PAGE)
    start = area(16 * PAGE, PRIVATE | ANON); assert libc.mlock(start, 16 * PAGE) == 0
    tell("locked", start, 16 * PAGE, 16 * PAGE)
    start = area(MIB, PRIVATE | ANON); write(start, range(256)); libc.madvise(start, MIB, FREE)
    tell("given-up", start, MIB, MIB)
    start = area(MIB, PRIVATE | ANON); write(start, range(64)); libc.mprotect(start, MIB, 0)
    tell("inaccessible", start, MIB, 64 * PAGE)
    start = area(MIB, PRIVATE | ANON); write(start, range(64)); libc.madvise(start, 32 * PAGE, GUARD)
    tell("guards", start, MIB, 32 * PAGE if libc.madvise(start, PAGE, GUARD) == 0 else 64 * PAGE)
    tell("reserved", area(int(sys.argv[1]), PRIVATE | ANON | NORESERVE), int(sys.argv[1]), 0)
    threading.Thread(target=sys.stdin.readline).start()
    if len(sys.argv) > 2:
        # The child's pages are shared copy-on-write with its parent: some pages of each kind are candidates.
        if os.fork() == 0:
            print("child", os.getpid(), 0, 0, 0); print("end")
            sys.stdin.readline(); os._exit(0)
        os.wait()
    else:
        print("end")
    """

/// One kind of memory of the program.
private struct Kind {
    var name: String
    var range: AddressRange
    var resident: ByteCount
    var zero: ByteCount
}

/// A stopped program with memory of every kind.
private struct KindsChild {
    let child: PythonChild
    var pid: Int32
    var kinds: [Kind] = []

    /// - Parameter reserved: Bytes of addresses. A TiB is too much to look at page by page.
    init(forked: Bool = false, reserved: Int = 1 << 40) throws {
        child = try PythonChild(kindsProgram, arguments: ["\(reserved)"] + (forked ? ["fork"] : []))
        pid = child.pid
        while let line = child.line(), line != "end" {
            let words = line.split(separator: " ")
            let numbers = try words.dropFirst().map { try #require(Int($0)) }
            try #require(numbers.count == 4)
            if words[0] == "child" {
                pid = Int32(numbers[0])
                continue
            }
            let start = Address(UInt64(numbers[0]))
            kinds.append(
                Kind(
                    name: String(words[0]), range: AddressRange(start: start, end: start + ByteCount(numbers[1])),
                    resident: ByteCount(numbers[2]), zero: ByteCount(numbers[3])))
        }
        try #require(kinds.count == 13)
        kill(pid, SIGSTOP)
        let process = try ProcessDirectory(pid: pid)
        try #require(eventually { (try? process.stat().state) == UInt8(ascii: "T") })
    }

    func end() {
        if pid != child.pid { kill(pid, SIGKILL) }
        child.end()
    }
}

private func sum(
    _ runs: [ResidencyRun], in range: AddressRange? = nil, where states: Set<ResidencyRun.State>
) -> ByteCount {
    runs.lazy.filter { states.contains($0.state) }
        .map { run in range.map { run.range.intersection($0).count } ?? run.range.count }.reduce(0, +)
}

private let resident: Set<ResidencyRun.State> = [.anonymous, .file]

@Suite(.serialized) struct `What is resident` {
    @Test(arguments: ResidencySource.allCases, [(false, 1 << 40), (true, 1 << 40), (false, 1 << 20), (true, 1 << 20)])
    func `sums to Rss exactly`(source: ResidencySource, program: (forked: Bool, reserved: Int)) throws {
        let target = try KindsChild(forked: program.forked, reserved: program.reserved)
        defer { target.end() }
        let process = try ProcessDirectory(pid: target.pid)
        let mappings = try process.maps()
        let runs = try residency(of: process, mappings: mappings, source: source)
        #expect(sum(runs, where: resident) == (try process.smapsRollupRss()))
        #expect(sum(runs, where: [.swapped]) == (try process.smapsRollup().swap))
        #expect(zip(runs, runs.dropFirst()).allSatisfy { $0.range.end <= $1.range.start })
        #expect(runs.allSatisfy { run in !run.range.isEmpty })
    }

    @Test(arguments: [ResidencySource.pagemapScan, .pagemap, .smaps])
    func `is right for every kind of memory`(source: ResidencySource) throws {
        let target = try KindsChild(reserved: 1 << 20)
        defer { target.end() }
        let process = try ProcessDirectory(pid: target.pid)
        let runs = try residency(of: process, mappings: process.maps(), source: source)
        let pagemap = try process.open("pagemap")
        for kind in target.kinds {
            #expect(sum(runs, in: kind.range, where: resident) == kind.resident, "\(kind.name)")
            // The probe itself: those zero pages are there.
            guard kind.zero > 0 else { continue }
            let words = try pagemap.readWords(
                at: Int64(kind.range.start.granule.index * 8), count: kind.range.count.rawValue / 4096)
            let present = ByteCount(words.count { $0 >> 63 == 1 } * 4096)
            #expect(present == kind.resident + kind.zero, "\(kind.name)")
        }
        let file = try #require(target.kinds.first { $0.name == "private-file" })
        #expect(sum(runs, in: file.range, where: [.anonymous]) == ByteCount(52 * 4096))
    }

    /// Not one page differs: without a fork no page is shared copy-on-write, and every candidate is a zero page; with
    /// one, each candidate is asked for.
    @Test(arguments: [(.smaps, false), (.pagemap, false), (.pagemap, true)] as [(ResidencySource, Bool)])
    func `is the same from both sources`(source: ResidencySource, forked: Bool) throws {
        let target = try KindsChild(forked: forked, reserved: 1 << 20)
        defer { target.end() }
        let process = try ProcessDirectory(pid: target.pid)
        let mappings = try process.maps()
        let scanned = try residency(of: process, mappings: mappings, source: .pagemapScan)
        let read = try residency(of: process, mappings: mappings, source: source)
        #expect(scanned == read)
        #expect(scanned.count > (forked ? 300 : 500))
    }

    @Test func `of a mapping that is not asked for is left out`() throws {
        let target = try KindsChild()
        defer { target.end() }
        let process = try ProcessDirectory(pid: target.pid)
        let kind = try #require(target.kinds.first { $0.name == "anonymous" })
        let mappings = try process.maps().filter { $0.range == kind.range }
        #expect(mappings.count == 1)
        for source in ResidencySource.allCases {
            let runs = try residency(of: process, mappings: mappings, source: source)
            #expect(sum(runs, where: resident) == kind.resident)
        }
        #expect(try residency(of: process, mappings: [], source: .automatic).isEmpty)
    }
}
