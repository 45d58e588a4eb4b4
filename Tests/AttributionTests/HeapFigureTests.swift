import Attribution
import MemoryModel
import Testing

@Suite struct `Heap figures` {
    @Test(arguments: [(1, 0), (2, 1), (4, 1), (5, 2), (16, 2), (17, 3), (16384, 7), (16385, 8)])
    func `a free run counts up to its bucket's length`(length: UInt64, bucket: Int) {
        let witness = HeapWitness(ledger: PageLedger([100: 4096, 101 + length: 4096]))
        let report = attribute(Snapshot([line(100, 102 + length, "[heap]")], [], witness))
        let expected = (0..<9).map { $0 == bucket ? pages(Int(length)) : 0 }
        #expect(report.heap.freeRuns.map(\.bytes) == expected)
    }

    /// 64 MiB-aligned, as heaps of secondary arenas are.
    static let base: UInt64 = 4 * 16384

    static func interior(top: AddressRange?, heaps: [AddressRange] = [range(base, base + 40)]) -> HeapInterior {
        HeapInterior(
            arenas: [
                .init(isMain: true, heaps: [range(100, 120)], top: bytes(115 * 4096 + 64, 120 * 4096)),
                .init(isMain: false, heaps: heaps, top: top),
            ],
            cached: [bytes(105 * 4096 - 32, 105 * 4096 + 32)], freeChunksAtPageStart: [Address(112 * 4096 - 32)])
    }

    @Test func `arenas, free runs and the prediction agree with the rows`() {
        let base = Self.base
        let lines = [line(100, 120, "[heap]"), line(base, base + 40), line(base + 40, base + 16384, "", "---p")]
        let witness = HeapWitness(
            liveBytes: 5000, liveBlocks: 7, ledger: PageLedger([100: 96, 111: 1000, base + 10: 16]),
            arenaHeaps: [Address(base * 4096)],
            interior: Self.interior(top: bytes((base + 20) * 4096 + 16, (base + 40) * 4096)))
        let report = attribute(Snapshot(lines, [anonymous(100, 120), anonymous(base, base + 40)], witness))
        // Main: 101...110 but the cached chunk's 104 and 105; 112 has a header before it; top's run returns 113...119.
        // Secondary: page 0 is its header, 1...9 are returned, 10 is pinned, from 11 on everything merges with top.
        #expect(report.heap.predictedTrim == pages(8 + 7 + 9))
        #expect(report.bytes(.heapRetained) == report.heap.predictedTrim)
        #expect(report.bytes(.heapKept) == pages(2 + 1 + 1 + 29))
        #expect(report.heap.arenas.map(\.isMain) == [true, false])
        let expected: [(ByteCount, ByteCount, ByteCount, ByteCount)] = [
            (1096, pages(15), pages(3), pages(2) - 1096), (16, pages(9), pages(30), 4080),
        ]
        for (arena, (live, retained, kept, fragmented)) in zip(report.heap.arenas, expected) {
            #expect(arena.live == live)
            #expect(arena.retained == retained)
            #expect(arena.kept == kept)
            #expect(arena.fragmented == fragmented)
            #expect(arena.resident == live + retained + kept + fragmented)
        }
        #expect(report.heap.live == 5000)
        #expect(report.heap.liveBlocks == 7)
        // Runs of 10, 8, 10 and 29 pages, and three pages that are pinned.
        let runs = report.heap.freeRuns
        let limits: [ByteCount?] = [4096, 16384, 65536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864, nil]
        #expect(runs.map(\.upTo) == limits)
        #expect(runs.map(\.bytes) == [pages(3) - 1112, 0, pages(28), pages(29), 0, 0, 0, 0, 0])
    }
}
