import Attribution
import MemoryModel
import Testing

/// One process a verdict.
struct VerdictCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var snapshot: Snapshot
    var growth: Growth?
    var kind: Verdict.Kind
    var bytes: ByteCount
    var summary: String
    /// Kind and prediction of every remedy.
    var remedies: [(Verdict.Remedy.Kind, ByteCount?)]
    /// What the actions together must say.
    var actions: [String] = []
}

@Suite struct `Verdicts` {
    @Test(arguments: cases) func `one principal cause, in figures, and what to do`(_ example: VerdictCase) {
        let report = attribute(example.snapshot, growth: example.growth)
        let verdict = report.verdict
        #expect(verdict.kind == example.kind)
        #expect(verdict.bytes == example.bytes)
        #expect(verdict.share == min(1, example.bytes.share(of: report.rss)))
        #expect(verdict.summary == example.summary)
        #expect(verdict.remedies.map(\.kind) == example.remedies.map(\.0))
        #expect(verdict.remedies.map(\.predicted) == example.remedies.map(\.1))
        let actions = verdict.remedies.map(\.action).joined(separator: " ")
        for text in example.actions { #expect(actions.contains(text)) }
    }

    static let cases: [VerdictCase] = wasteCases + growthCases + principalCases

    /// Pages of the brk heap of these tests: 64 MiB.
    static let heapPages = 16384

    /// A process of a 64 MiB brk heap with these live bytes on its first pages, and nothing else.
    static func brkHeap(
        pages: Int = heapPages, live: [UInt64: Int], tunables: Tunables = Tunables()
    ) -> Snapshot {
        let end = UInt64(1000 + pages)
        let top = bytes((end - 1) * 4096 + 64, end * 4096)
        let interior = HeapInterior(
            arenas: [.init(isMain: true, heaps: [], top: top)], cached: [], freeChunksAtPageStart: [])
        let ledger = PageLedger(
            Dictionary(uniqueKeysWithValues: live.map { ($0.key + 1000, $0.value) }))
        return Snapshot(
            [line(1000, end, "[heap]")], [anonymous(1000, end)],
            HeapWitness(
                liveBytes: ByteCount(live.values.reduce(0, +)), liveBlocks: live.count, ledger: ledger,
                tunables: tunables, interior: interior))
    }

    static func filled(_ count: Int, _ bytes: Int) -> [UInt64: Int] {
        Dictionary(uniqueKeysWithValues: (0..<UInt64(count)).map { ($0, bytes) })
    }

    /// Secondary arenas of 16 MiB each, with a live block and then free: up to top, or but for it.
    static func arenas(_ count: Int, topBegins: UInt64) -> Snapshot {
        var lines: [Mapping] = []
        var arenas: [HeapInterior.Arena] = []
        var live: [UInt64: Int] = [:]
        for index in 1...UInt64(count) {
            let base = index * 16384
            lines.append(line(base, base + 4096))
            live[base + 1] = 4096
            arenas.append(
                .init(
                    isMain: false, heaps: [range(base, base + 4096)],
                    top: bytes((base + topBegins) * 4096 + 16, (base + 4096) * 4096)))
            live[base + topBegins] = 16
        }
        return Snapshot(
            lines, lines.map { ResidencyRun(range: $0.range, state: .anonymous) },
            HeapWitness(
                ledger: PageLedger(live),
                interior: HeapInterior(arenas: arenas, cached: [], freeChunksAtPageStart: [])))
    }

    /// Two heaps in one process.
    static func beside(_ main: Snapshot, _ secondary: Snapshot) -> Snapshot {
        guard var witness = secondary.heap, let arenas = main.heap?.interior?.arenas else { return main }
        witness.interior?.arenas += arenas
        return Snapshot(main.mappings + secondary.mappings, main.residency + secondary.residency, witness)
    }

    static let raised = Tunables(mmapThreshold: .mebibytes(32), trimThreshold: .mebibytes(64), raisedBy: "/lib/json.so")
    static let fixed = Tunables(isDynamic: false)

    static let wasteCases = [
        VerdictCase(
            testDescription: "retention, with who raised the threshold",
            snapshot: brkHeap(live: filled(4096, 4096), tunables: raised),
            kind: .retention, bytes: .mebibytes(48),
            summary: "48.0 MiB (75 % of RSS) are heap pages that the program has freed and glibc holds on to; "
                + "16.0 MiB of its heap are live.",
            remedies: [(.now, .mebibytes(48)), (.lasting, nil)],
            actions: [
                "returns 48.0 MiB", "ctypes.CDLL(\"libc.so.6\").malloc_trim(0)",
                "gdb -p PID -batch -ex 'call (int)malloc_trim(0)'", "MALLOC_TRIM_THRESHOLD_=131072",
                "MALLOC_MMAP_THRESHOLD_=131072", "; a free in /lib/json.so raised it to 32.0 MiB.",
            ]),
        VerdictCase(
            testDescription: "retention where the thresholds are set already",
            snapshot: brkHeap(live: filled(4096, 4096), tunables: fixed),
            kind: .retention, bytes: .mebibytes(48),
            summary: "48.0 MiB (75 % of RSS) are heap pages that the program has freed and glibc holds on to; "
                + "16.0 MiB of its heap are live.",
            remedies: [(.now, .mebibytes(48)), (.lasting, nil)],
            actions: ["Call malloc_trim(0) after each burst: the thresholds are already fixed at 128 KiB"]),
        VerdictCase(
            testDescription: "retention in few arenas",
            snapshot: arenas(2, topBegins: 4000),
            kind: .retention, bytes: pages(2 * 3998),
            summary: "31.2 MiB (98 % of RSS) are heap pages that the program has freed and glibc holds on to; "
                + "8.03 KiB of its heap are live.",
            remedies: [(.now, pages(2 * 3998)), (.lasting, nil)]),
        VerdictCase(
            testDescription: "retention in the main arena, beside many others",
            snapshot: beside(brkHeap(pages: 12288, live: [:]), arenas(3, topBegins: 100)),
            kind: .retention, bytes: pages(12288 + 3 * 98),
            summary: "49.1 MiB (51 % of RSS) are heap pages that the program has freed and glibc holds on to; "
                + "12.0 KiB of its heap are live.",
            remedies: [(.now, pages(12288 + 3 * 98)), (.lasting, nil)]),
        VerdictCase(
            testDescription: "waste comes before growth",
            snapshot: brkHeap(live: filled(10000, 4096)), growth: growth(from: 0, to: .mebibytes(64)),
            kind: .retention, bytes: pages(6384),
            summary: "24.9 MiB (39 % of RSS) are heap pages that the program has freed and glibc holds on to; "
                + "39.1 MiB of its heap are live.",
            remedies: [(.now, pages(6384)), (.lasting, nil)]),
        VerdictCase(
            testDescription: "retention in many arenas",
            snapshot: arenas(3, topBegins: 4000),
            kind: .retention, bytes: pages(3 * 3998),
            summary: "46.9 MiB (98 % of RSS) are heap pages that the program has freed and glibc holds on to; "
                + "12.0 KiB of its heap are live.",
            remedies: [(.now, pages(3 * 3998)), (.lasting, nil), (.lasting, nil)],
            actions: ["MALLOC_ARENA_MAX=2", "MALLOC_TRIM_THRESHOLD_=131072"]),
        VerdictCase(
            testDescription: "fragmentation, where trimming returns nothing",
            snapshot: brkHeap(live: filled(heapPages, 96)),
            kind: .fragmentation, bytes: ByteCount(heapPages * 4000),
            summary: "62.5 MiB (98 % of RSS) are free bytes on heap pages that live blocks pin: "
                + "16384 blocks hold 1.50 MiB.",
            remedies: [(.now, 0), (.lasting, nil)],
            actions: [
                "malloc_trim(0) would return nothing", "jemalloc, mimalloc", "1.50 MiB of live blocks pin 62.5 MiB",
            ]),
        VerdictCase(
            testDescription: "fragmentation, where trimming returns something",
            snapshot: brkHeap(live: filled(heapPages - 4096, 96)),
            kind: .fragmentation, bytes: ByteCount((heapPages - 4096) * 4000),
            summary: "46.9 MiB (73 % of RSS) are free bytes on heap pages that live blocks pin: "
                + "12288 blocks hold 1.13 MiB.",
            remedies: [(.now, .mebibytes(16)), (.lasting, nil)],
            actions: ["expect no more than 16.0 MiB"]),
        VerdictCase(
            testDescription: "threads, where the arenas' tops keep everything",
            snapshot: arenas(2, topBegins: 2),
            kind: .threads, bytes: pages(2 * (1 + 4093)),
            summary: "32.0 MiB (100 % of RSS) are free pages in 2 arenas of threads, mostly at their tops, "
                + "which malloc_trim never returns.",
            remedies: [(.now, 0), (.lasting, nil)],
            actions: ["malloc_trim(0) would return nothing", "MALLOC_ARENA_MAX=2"]),
    ]

    static let full = brkHeap(live: filled(heapPages, 4096))

    static func growth(from start: ByteCount, to end: ByteCount, seconds: Double = 2, fell: Bool = false) -> Growth {
        Growth(seconds: seconds, liveAtStart: start, liveAtEnd: end, everFell: fell)
    }

    static let growthCases =
        [
            VerdictCase(
                testDescription: "a leak that doubled",
                snapshot: full, growth: growth(from: .mebibytes(30), to: .mebibytes(60)),
                kind: .leak, bytes: .mebibytes(30),
                summary: "The live heap grew by 30.0 MiB in 2.0 s and nothing came back: a leak, or a cache without a "
                    + "bound; a single reading cannot tell the two apart.",
                remedies: [(.now, 0), (.lasting, nil)], actions: ["what is live cannot be returned"]),
            VerdictCase(
                testDescription: "a leak that is large",
                snapshot: full, growth: growth(from: .mebibytes(500), to: .mebibytes(564)),
                kind: .leak, bytes: .mebibytes(64),
                summary: "The live heap grew by 64.0 MiB in 2.0 s and nothing came back: a leak, or a cache without a "
                    + "bound; a single reading cannot tell the two apart.",
                remedies: [(.now, 0), (.lasting, nil)]),
        ]
        + [
            VerdictCase(
                testDescription: "no leak: something else is most of RSS",
                snapshot: ownMappings([("/bin/a", 4096)]), growth: growth(from: 0, to: .mebibytes(64)),
                kind: .mappings, bytes: .mebibytes(16),
                summary: "16.0 MiB (100 % of RSS) were mapped by the program itself, past the heap, "
                    + "16.0 MiB of it by /bin/a.",
                remedies: [(.now, 0), (.lasting, nil)])
        ]
        + [
            ("it fell", growth(from: 0, to: .mebibytes(64), fell: true)),
            ("it was too short", growth(from: 0, to: .mebibytes(64), seconds: 0.9)),
            ("it did not double", growth(from: .mebibytes(33), to: .mebibytes(64))),
            ("it doubled from next to nothing", growth(from: .mebibytes(4), to: .mebibytes(11))),
            (
                "it loaded its data and stopped there",
                Growth(
                    seconds: 60, liveAtStart: 0, liveAtEnd: .mebibytes(64), liveBeforeLastQuarter: .mebibytes(58),
                    everFell: false)
            ),
            ("it shrank", growth(from: .mebibytes(64), to: 0)),
        ].map { name, growth in
            VerdictCase(
                testDescription: "no leak: \(name)", snapshot: full, growth: growth, kind: .healthy, bytes: 0,
                summary: "Little is wasted: RSS is 64.0 MiB, most of it 64.0 MiB live heap; 0 B are free heap.",
                remedies: [])
        }

    static func ownMappings(_ owners: [(String, Int)], others: Int = 0) -> Snapshot {
        var position: UInt64 = 1000
        var own: [OwnedRange] = []
        for (owner, pages) in owners {
            own.append(OwnedRange(range: range(position, position + UInt64(pages)), owner: owner))
            position += UInt64(pages)
        }
        let end = position + UInt64(others)
        return Snapshot(
            [line(1000, position), line(position, end, "/data", "r--p")],
            [anonymous(1000, position), file(position, end)],
            HeapWitness(ownMappings: own))
    }

    static let principalCases = [
        VerdictCase(
            testDescription: "mappings by their first owner",
            snapshot: ownMappings([("/bin/a", 1024), ("/lib/b.so", 3072)], others: 4096),
            kind: .mappings, bytes: .mebibytes(16),
            summary: "16.0 MiB (50 % of RSS) were mapped by the program itself, past the heap, "
                + "12.0 MiB of it by /lib/b.so.",
            remedies: [(.now, 0), (.lasting, nil)], actions: ["does not reach this memory", "in /lib/b.so."]),
        VerdictCase(
            testDescription: "python's own arenas",
            snapshot: ownMappings([("/usr/bin/python3.11", 2048), ("/usr/lib/libpython3.so", 1024), ("", 2048)]),
            kind: .python, bytes: .mebibytes(12),
            summary:
                "12.0 MiB (60 % of RSS) were mapped by the Python interpreter, for the arenas of its own allocator.",
            remedies: [(.now, 0), (.lasting, nil)], actions: ["PYTHONMALLOC=malloc", "only when all of it is free"]),
        VerdictCase(
            testDescription: "stacks of threads",
            snapshot: Snapshot([line(1000, 5096, "[stack]")], [anonymous(1000, 5096)], HeapWitness(), threads: 9),
            kind: .threads, bytes: .mebibytes(16),
            summary: "16.0 MiB (100 % of RSS) are stacks of threads; 9 threads are alive.",
            remedies: [(.lasting, nil)]),
        VerdictCase(
            testDescription: "shared memory",
            snapshot: Snapshot([line(1000, 9192, "/dev/shm/x", "rw-s")], [file(1000, 9192)], HeapWitness()),
            kind: .shared, bytes: .mebibytes(32),
            summary: "32.0 MiB (100 % of RSS) are shared memory, which every process that maps it counts in full.",
            remedies: [(.lasting, nil)]),
        VerdictCase(
            testDescription: "too little of everything else",
            snapshot: ownMappings([("/bin/a", 4095)]), kind: .healthy, bytes: 0,
            summary: "Little is wasted: RSS is 16.0 MiB, most of it 16.0 MiB the program's own mappings; "
                + "0 B are free heap.",
            remedies: []),
        VerdictCase(
            testDescription: "too small a part of RSS",
            snapshot: ownMappings([("/bin/a", 4096)], others: 4097), kind: .healthy, bytes: 0,
            summary: "Little is wasted: RSS is 32.0 MiB, most of it 16.0 MiB mapped files, 16.0 MiB the program's own "
                + "mappings; 0 B are free heap.",
            remedies: []),
        VerdictCase(
            testDescription: "too small a process",
            snapshot: brkHeap(pages: 2000, live: [:]), kind: .healthy, bytes: pages(2000),
            summary: "Little is wasted: RSS is 7.81 MiB, most of it 7.81 MiB free heap pages; 7.81 MiB are free heap.",
            remedies: []),
        VerdictCase(
            testDescription: "too little waste",
            snapshot: brkHeap(live: filled(heapPages - 2400, 4096)), kind: .healthy, bytes: pages(2400),
            summary: "Little is wasted: RSS is 64.0 MiB, most of it 54.6 MiB live heap, 9.38 MiB free heap pages; "
                + "9.38 MiB are free heap.",
            remedies: []),
        VerdictCase(
            testDescription: "nothing is known without a witness",
            snapshot: Snapshot(
                [line(1000, 1100, "[heap]"), line(2000, 2100, "/a")], [anonymous(1000, 1100), file(2000, 2100)], nil),
            kind: .unknown, bytes: pages(100),
            summary: "Nothing is known of the heap: 400 KiB (50 % of RSS) are anonymous memory without a witness.",
            remedies: [(.lasting, nil)], actions: ["silt run"]),
        VerdictCase(
            testDescription: "a process without a page",
            snapshot: Snapshot([], [], HeapWitness()), kind: .healthy, bytes: 0,
            summary: "Little is wasted: RSS is 0 B, most of it nothing; 0 B are free heap.", remedies: []),
    ]

    @Test func `coverage says who saw the heap`() {
        let blind = attribute(Snapshot([], [], nil))
        #expect(blind.coverage == Coverage(source: "none", degraded: ["segment-missing"]))
        #expect(blind.allocator == "unknown")
        var snapshot = Snapshot([], [], HeapWitness(allocator: "glibc 2.36"))
        snapshot.degraded = ["slots-exhausted"]
        let seen = attribute(snapshot)
        #expect(seen.coverage == Coverage(source: "shim", degraded: ["slots-exhausted"]))
        #expect(seen.allocator == "glibc 2.36")
    }
}
