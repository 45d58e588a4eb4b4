import Attribution
import MemoryModel
import TestSupport
import Testing

@Suite struct `Trim prediction` {
    @Test(arguments: 0..<600) func `is what glibc's algorithm returns, page by page`(seed: Int) {
        var random = Randomness(seed: seed)
        let model = GlibcModel(&random)
        let resident = Self.residentPages(model, &random)
        let interior = model.interior(shift: random.pick([0, 8]), everyHeader: random.chance(0.5))
        let report = attribute(model.snapshot(resident: resident, interior: interior))
        let truth = pages(model.returnedPages().intersection(resident).count)
        #expect(report.heap.predictedTrim == truth)
        #expect(report.bytes(.heapRetained) == truth)
        #expect(report.heap.predictedTrimRange.contains(truth))
        #expect(report.sum == report.rss)
        #expect(report.bytes(.unexplained) == 0)
    }

    @Test(arguments: 0..<600) func `lies in the range where the interior may not be read`(seed: Int) {
        var random = Randomness(seed: seed)
        let model = GlibcModel(&random)
        let resident = Self.residentPages(model, &random)
        let report = attribute(model.snapshot(resident: resident, interior: nil))
        let truth = pages(model.returnedPages().intersection(resident).count)
        let range = report.heap.predictedTrimRange
        // Without the brk's end nobody can know that the main top stays.
        if model.brkEndsWithTop { #expect(range.lowerBound <= truth) }
        #expect(truth <= range.upperBound)
        #expect(range.contains(report.heap.predictedTrim))
    }

    /// The yardstick itself: the two orders of freeing that DESIGN's measurement tells apart.
    @Test func `the model knows that cached chunks keep memory out of top`() {
        var random = Randomness(seed: 1)
        var returned: Set<Bool> = []
        for _ in 0..<200 {
            let model = GlibcModel(&random)
            guard model.heaps.contains(where: { !$0.isMain && $0.end - $0.first > 20 }) else { continue }
            returned.insert(model.returnedPages().contains { $0 >= 16384 })
        }
        #expect(returned == [true, false])
    }

    @Test func `without the interior, caches and first pages widen the range`() {
        let lines = [line(1000, 3000, "[heap]"), line(16384, 16400)]
        let witness = HeapWitness(
            ledger: PageLedger([1000: 8, 2000: 8, 16390: 8]), arenaHeaps: [Address(16384 * 4096)])
        let residency = [anonymous(1000, 3000), anonymous(16384, 16400)]
        let report = attribute(Snapshot(lines, residency, witness, threads: 2))
        // 999 and 999 pages of the main arena, 5 of the secondary one; 9 at its end are its top, or not.
        #expect(report.heap.predictedTrim == pages(999 + 999 + 5))
        #expect(report.heap.predictedTrimRange.lowerBound == pages(998 + 998 + 4 - 2 - 2 * 898))
        #expect(report.heap.predictedTrimRange.upperBound == pages(999 + 999 + 5 + 9))
        #expect(report.bytes(.heapKept) == pages(1 + 9))
    }

    @Test func `fast-bin chunks put the first page of every run in doubt`() {
        func report(hasFastChunks: Bool, _ headers: [Address]) -> Report {
            let arena = HeapInterior.Arena(
                isMain: true, heaps: [], top: bytes(1100 * 4096 + 16, 2000 * 4096), hasFastChunks: hasFastChunks)
            let witness = HeapWitness(
                ledger: PageLedger([1000: 8, 1050: 8]),
                interior: HeapInterior(arenas: [arena], cached: [], freeChunksAtPageStart: headers))
            return attribute(Snapshot([line(1000, 2000, "[heap]")], [anonymous(1000, 2000)], witness))
        }
        // One page of doubt is every heap's: see TrimTally.range.
        let sure = report(hasFastChunks: false, [Address(1001 * 4096 - 16)])
        #expect(sure.heap.predictedTrim == pages(48 + 949))
        #expect(sure.heap.predictedTrimRange == pages(48 + 949 - 1)...pages(48 + 949))
        let doubtful = report(hasFastChunks: true, [Address(1001 * 4096 - 16)])
        #expect(doubtful.heap.predictedTrim == pages(48 + 949))
        #expect(doubtful.heap.predictedTrimRange == pages(48 + 949 - 1 - 1)...pages(48 + 949 + 1))
    }

    @Test func `what moved during the reading widens the range both ways`() {
        let witness = HeapWitness(
            ledger: PageLedger([1000: 8]),
            interior: HeapInterior(
                arenas: [.init(isMain: true, heaps: [], top: bytes(1100 * 4096 + 16, 2000 * 4096))], cached: [],
                freeChunksAtPageStart: []))
        let snapshot = Snapshot([line(1000, 2000, "[heap]")], [anonymous(1000, 2000)], witness, moved: 320)
        let report = attribute(snapshot)
        #expect(report.heap.predictedTrim == pages(999))
        #expect(report.heap.predictedTrimRange == pages(999 - 10 - 1)...pages(1000))
    }

    static func residentPages(_ model: GlibcModel, _ random: inout Randomness) -> Set<UInt64> {
        let all = model.heaps.flatMap { $0.first..<$0.end }
        if random.chance(0.5) { return Set(all) }
        return Set(all.filter { _ in random.chance(0.8) })
    }
}
