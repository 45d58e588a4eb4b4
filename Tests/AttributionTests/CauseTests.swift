import Attribution
import MemoryModel
import Testing

/// One address space a cause, with the rows that it must give.
struct CauseCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var lines: [Mapping]
    var residency: [ResidencyRun]
    var heap: HeapWitness? = HeapWitness()
    var rows: [Cause: ByteCount]
    var swap: [Cause: ByteCount] = [:]
}

@Suite struct `Causes` {
    @Test(arguments: cases) func `every page goes to its cause`(_ example: CauseCase) {
        let report = attribute(Snapshot(example.lines, example.residency, example.heap))
        #expect(report.rows == example.rows)
        #expect(report.swapRows == example.swap)
        #expect(report.sum == report.rss)
        #expect(report.swapSum == report.swap)
        #expect(report.ledger.map(\.cause) == Cause.allCases)
    }

    /// Settings of glibc's malloc say nothing of another one.
    @Test(arguments: [true, false]) func `have glibc's settings beside them where it is glibc's heap`(isGlibc: Bool) {
        let report = attribute(Snapshot([line(10, 20)], [anonymous(10, 12)], HeapWitness(isGlibc: isGlibc)))
        #expect((report.tunables != nil) == isGlibc)
    }

    static let library = "/usr/lib/libc.so.6"

    static let cases: [CauseCase] = fileCases + sharedCases + anonymousCases + heapCases

    static let fileCases = [
        CauseCase(
            testDescription: "a page of the page cache is the file's, a copy the module's data",
            lines: [line(10, 20, library, "r-xp"), line(20, 30, library), line(40, 50, "/data")],
            residency: [file(10, 14), file(20, 21), anonymous(21, 24), anonymous(40, 41), swapped(42, 44)],
            rows: [.files: pages(5), .moduleData: pages(4)],
            swap: [.moduleData: pages(2)]),
        CauseCase(
            testDescription: "the observer's library and memory come before everything",
            lines: [
                line(10, 20, "/opt/libsilt.so", "r-xp"), line(20, 22, "/opt/libsilt.so (deleted)"),
                line(30, 40, "/dev/shm/silt", "rw-s"), line(50, 60),
            ],
            residency: [file(10, 12), anonymous(20, 21), file(30, 33), anonymous(50, 60)],
            heap: HeapWitness(
                ownMappings: [OwnedRange(range: range(50, 60), owner: "/bin/a")],
                observer: [range(30, 40), range(55, 57)], observerLibrary: "/opt/libsilt.so"),
            rows: [.silt: pages(2 + 1 + 3 + 2), .mappings: pages(8)]),
        CauseCase(
            testDescription: "names in brackets are the kernel's",
            lines: [line(10, 12, "[vvar]", "r--p"), line(12, 14, "[vdso]", "r-xp"), line(20, 21, "[uprobes]", "--xp")],
            residency: [file(12, 14), anonymous(20, 21)],
            rows: [.kernel: pages(3)]),
        CauseCase(
            testDescription: "the main thread's stack has a name",
            lines: [line(10, 30, "[stack]")],
            residency: [swapped(20, 22), anonymous(25, 30)],
            rows: [.stacks: pages(5)], swap: [.stacks: pages(2)]),
        CauseCase(
            testDescription: "a page without a line is unexplained",
            lines: [line(10, 12, "/data")],
            residency: [file(8, 14), swapped(20, 21)],
            rows: [.files: pages(2), .unexplained: pages(4)], swap: [.unexplained: pages(1)]),
    ]

    static let sharedCases: [CauseCase] =
        ["/dev/shm/x", "/memfd:x (deleted)", "/SYSV00000000 (deleted)", "/dev/zero (deleted)", "[anon_shmem:x]", ""].map
    {
        CauseCase(
            testDescription: "shared memory named '\($0)'",
            lines: [line(10, 20, $0, "rw-s")], residency: [file(10, 14), swapped(15, 16)],
            rows: [.shared: pages(4)], swap: [.shared: pages(1)])
    } + [
        CauseCase(
            testDescription: "a copy in a private mapping of shared memory is the process's own",
            lines: [line(10, 20, "/memfd:x (deleted)", "rw-p")],
            residency: [file(10, 14), anonymous(14, 16), swapped(16, 17)],
            rows: [.shared: pages(4), .moduleData: pages(2)], swap: [.moduleData: pages(1)])
    ]

    static let anonymousCases = [
        CauseCase(
            testDescription: "without a witness only .bss is known",
            lines: [
                line(8, 10), line(10, 20, library, "r-xp"), line(20, 30, library), line(30, 34), line(50, 60, "[heap]"),
                line(70, 80, library, "r--p"), line(80, 84),
            ],
            residency: [anonymous(8, 10), anonymous(30, 33), anonymous(50, 60), anonymous(80, 84)],
            heap: nil,
            rows: [.moduleData: pages(3), .unexplained: pages(2 + 10 + 4)]),
        CauseCase(
            testDescription: "anonymous memory that touches a module, or holds the main thread, is its data",
            lines: [
                line(4, 6), line(6, 8, "[anon:x]"), line(8, 20, library, "r-xp"), line(20, 24),
                line(30, 32, "/data", "r--p"), line(32, 34), line(40, 44),
            ],
            residency: [anonymous(4, 8), anonymous(20, 24), anonymous(32, 34), anonymous(40, 44)],
            heap: HeapWitness(mainThreadPointer: Address(41 * 4096 + 64)),
            rows: [.moduleData: pages(2 + 4 + 4), .unexplained: pages(2 + 2)]),
        CauseCase(
            testDescription: "a stack reaches from its guard to the end of the thread's descriptor",
            lines: [line(100, 101, "", "---p"), line(101, 120), line(120, 140, library, "r-xp")],
            // The descriptor of 2304 bytes begins on page 110 and ends on page 111.
            residency: [anonymous(105, 120)],
            heap: HeapWitness(threadPointers: [Address(110 * 4096 + 4000)]),
            rows: [.stacks: pages(7), .moduleData: pages(8)]),
        CauseCase(
            testDescription: "what is known to lie in a stack's line cuts it",
            lines: [line(100, 130)],
            residency: [anonymous(100, 130)],
            heap: HeapWitness(
                blocks: [range(102, 104)],
                ownMappings: [
                    OwnedRange(range: range(104, 106), owner: "/bin/a"),
                    OwnedRange(range: range(111, 114), owner: "/bin/b"),
                ],
                threadPointers: [Address(110 * 4096 + 4000)]),
            rows: [.heapLive: pages(2), .mappings: pages(5), .stacks: pages(5), .unexplained: pages(18)]),
        CauseCase(
            testDescription: "a stack that the program mapped itself is bounded by its mapping",
            lines: [line(100, 130)],
            residency: [anonymous(100, 130)],
            heap: HeapWitness(
                ownMappings: [OwnedRange(range: range(104, 120), owner: "/bin/a")],
                threadPointers: [Address(118 * 4096)], mainThreadPointer: Address(125 * 4096)),
            rows: [.mappings: pages(1), .stacks: pages(15), .moduleData: pages(14)]),
        CauseCase(
            testDescription: "memory that the program mapped itself",
            lines: [line(100, 120)],
            residency: [anonymous(100, 120)],
            heap: HeapWitness(
                ledger: PageLedger([104: 96]), blocks: [range(110, 112)],
                ownMappings: [OwnedRange(range: range(102, 112), owner: "/bin/a")]),
            rows: [.heapLive: pages(2) + 96, .mappings: pages(8) - 96, .unexplained: pages(10)]),
    ]

    static let heapCases = [
        CauseCase(
            testDescription: "live bytes and what they pin, resident, swapped or untouched",
            lines: [line(100, 120, "[heap]")],
            residency: [anonymous(100, 104), swapped(104, 106)],
            heap: HeapWitness(ledger: PageLedger([100: 4096, 101: 96, 104: 1000, 107: 500]), interior: interior(120)),
            rows: [.heapLive: 4096 + 96, .heapFragmented: 4000, .heapRetained: pages(2)],
            swap: [.heapLive: 1000, .heapFragmented: 3096, .heapRetained: pages(1)]),
        CauseCase(
            testDescription: "blocks with a mapping of their own, one of them in part of a page",
            lines: [line(100, 120)],
            residency: [anonymous(100, 110)],
            heap: HeapWitness(blocks: [bytes(100 * 4096, 102 * 4096), bytes(104 * 4096 + 96, 106 * 4096 + 16)]),
            rows: [.heapLive: pages(2) + 4000 + 4096 + 16, .heapFragmented: 96 + 4080, .unexplained: pages(5)]),
        CauseCase(
            testDescription: "a noted heap ends where it is no longer writable, or at the next 64 MiB boundary",
            lines: [
                line(16384, 16400), line(16400, 32768, "", "---p"),
                line(32768, 32780), line(32780, 32790, "[anon:x]"), line(49140, 49200),
            ],
            residency: [anonymous(16384, 16410), anonymous(32768, 32790), anonymous(49140, 49200)],
            heap: HeapWitness(
                ledger: PageLedger([16390: 4096, 32785: 4096, 49149: 4096]),
                arenaHeaps: [Address(16384 * 4096), Address(32768 * 4096), Address(49140 * 4096)]),
            rows: [
                .heapLive: pages(3), .heapRetained: pages(5 + 16 + 8), .heapKept: pages(1 + 9 + 1 + 4 + 1 + 2),
                .unexplained: pages(10 + 48),
            ]),
        CauseCase(
            testDescription: "a heap of an allocator that is not glibc's",
            lines: [line(90, 100, "/bin/a", "r-xp"), line(100, 110, "[heap]"), line(200, 210)],
            residency: [anonymous(100, 110), anonymous(200, 210)],
            heap: HeapWitness(
                allocator: "jemalloc", isGlibc: false, ledger: PageLedger([100: 96, 201: 96]),
                ownMappings: [OwnedRange(range: range(200, 210), owner: "/lib/libjemalloc.so.2")]),
            rows: [
                .heapLive: 192, .heapFragmented: 4000, .mappings: pages(10) - 96, .unexplained: pages(9),
            ]),
    ]

    /// A main arena whose top begins on the last page.
    static func interior(_ end: UInt64) -> HeapInterior {
        HeapInterior(
            arenas: [.init(isMain: true, heaps: [], top: bytes((end - 1) * 4096 + 64, end * 4096))], cached: [],
            freeChunksAtPageStart: [])
    }
}
