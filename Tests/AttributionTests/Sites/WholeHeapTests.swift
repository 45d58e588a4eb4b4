import Attribution
import MemoryModel
import TestSupport
import Testing

/// Where every allocation is a sample the answers add up to the ledger's rows, chunk by chunk on glibc's own heaps.
@Suite struct `Answers on whole heaps` {
    @Test(arguments: 0..<400) func `pins sum to what is fragmented`(seed: Int) throws {
        var random = Randomness(seed: seed)
        let model = GlibcModel(&random)
        var snapshot = model.snapshot(
            resident: `Trim prediction`.residentPages(model, &random),
            interior: model.interior(shift: 0, everyHeader: true))
        snapshot.heap?.sampled = SampledHeap(mean: 1, live: model.blocks)
        let report = attribute(snapshot)
        let sites = try #require(report.sites)
        #expect(abs(sites.pins.estimate.value - report.bytes(.heapFragmented).rawValue) <= 1)
        #expect(sites.pins.total == report.bytes(.heapFragmented))
        #expect(sites.pins.estimate.error == 0)
        #expect(sites.holds.estimate.value == model.blocks.reduce(0) { $0 + $1.bytes.rawValue })
    }

    /// Freed blocks lie everywhere, whatever the program did there later: only free pages count.
    @Test(arguments: 0..<400) func `what was left sums to what is retained or kept`(seed: Int) throws {
        var random = Randomness(seed: seed)
        let model = GlibcModel(&random)
        var snapshot = model.snapshot(
            resident: `Trim prediction`.residentPages(model, &random),
            interior: model.interior(shift: 0, everyHeader: true))
        var left: [HeapSample] = []
        for heap in model.heaps {
            var page = heap.first
            while page < heap.end {
                let count = min(random.number(1...5), heap.end - page)
                for index in 0..<count {
                    left.append(
                        HeapSample(
                            address: Address((page + index) * 4096 + random.number(0...4095)), bytes: pages(Int(count)),
                            freed: 1, points: Int(count)))
                }
                page += count
            }
        }
        left.shuffle(using: &random)
        snapshot.heap?.sampled = SampledHeap(mean: 1, left: left)
        let report = attribute(snapshot)
        let answer = try #require(report.sites).left
        #expect(answer.estimate.bytes == report.bytes(.heapRetained) + report.bytes(.heapKept))
        #expect(answer.total == answer.estimate.bytes)
        #expect(answer.groups.first?.kept?.bytes ?? 0 == report.bytes(.heapKept))
    }

    /// Free bytes beside live ones in a mapping of the program's own are the mapping's.
    @Test func `blocks in a mapping of the program's own pin nothing`() throws {
        let block = HeapSample(address: Address(10 * 4096), bytes: 96)
        let witness = HeapWitness(
            ledger: PageLedger([10: 96]), ownMappings: [OwnedRange(range: range(10, 12), owner: "/bin/a")],
            sampled: SampledHeap(mean: 1, live: [block]))
        let report = attribute(Snapshot([line(10, 12)], [anonymous(10, 12)], witness))
        #expect(report.bytes(.heapFragmented) == 0)
        #expect(report.sites?.pins.samples == 0)
        #expect(report.sites?.holds.samples == 1)
    }

    @Test func `the free bytes of a page fall to its blocks by their bytes on it`() throws {
        let live = [
            HeapSample(address: Address(10 * 4096), bytes: 96, stack: 0),
            // Half of it on page 10, of 1024 bytes in all; half on page 11, alone.
            HeapSample(address: Address(11 * 4096 - 928), bytes: 1856, stack: 1),
        ]
        let stacks = ["a", "b"].map { SampledStack(frames: [Frame(function: $0)]) }
        let witness = HeapWitness(
            ledger: PageLedger([10: 1024, 11: 928]), sampled: SampledHeap(mean: 1, live: live, stacks: stacks))
        let report = attribute(Snapshot([line(10, 12, "[heap]")], [anonymous(10, 12)], witness))
        let groups = try #require(report.sites).pins.groups
        #expect(groups.map { $0.frames.first?.function } == ["b", "a"])
        #expect(groups.map(\.bytes.value) == [3072 * 928 / 1024 + 3168, 3072 * 96 / 1024])
        #expect(groups.map(\.live?.value) == [1856, 96])
    }
}

extension GlibcModel {
    /// The live chunks as samples: booked from their size field to the next chunk's.
    var blocks: [HeapSample] {
        heaps.flatMap(\.chunks).filter { $0.state == .live }
            .map { HeapSample(address: Address($0.address + 8), bytes: ByteCount(Int($0.size))) }
    }
}
