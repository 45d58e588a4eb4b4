import MemoryModel
import TestSupport

/// A packed heap of which most has been freed: the rest pins pages, and the pages without any are left.
struct PinnedHeap {
    var blocks: SimulatedHeap
    private var isLive: [Bool]
    private let ledger: PageLedger
    private let end: UInt64

    init(_ distribution: SizeDistribution, _ random: inout Randomness) {
        blocks = SimulatedHeap(distribution, &random)
        // Stretches of some pages in which a part lives on, and stretches in which nothing does.
        var density = 0.0
        isLive = blocks.blocks.map { _ in
            if random.chance(0.02) { density = random.pick([0, 0, 0.1, 0.5]) }
            return random.chance(density)
        }
        var live: [UInt64: Int] = [:]
        for (block, isLive) in zip(blocks.blocks, isLive) where isLive {
            for (page, bytes) in block.pages { live[page, default: 0] += bytes }
        }
        ledger = PageLedger(live)
        end = (blocks.blocks.last?.pages.last?.page ?? 0) + 1
    }

    /// Bytes of freed blocks on pages without a live byte.
    var leftBytes: Int {
        zip(blocks.blocks, isLive).reduce(0) { sum, block in
            block.1 ? sum : sum + block.0.pages.reduce(0) { $0 + (ledger[Granule($1.page)] == 0 ? $1.bytes : 0) }
        }
    }

    /// Samples of all blocks, of which the freed ones leave a point in each 64 KiB, as the library does.
    func sampled(mean: Int, _ random: inout Randomness) -> SampledHeap {
        let sampled = Set(SimulatedHeap.sampled(blocks.blocks, mean: mean, &random).map(\.address))
        var heap = SampledHeap(mean: mean, stacks: [SampledStack(frames: [Frame(function: "f")])], readAt: 100)
        for (block, isLive) in zip(blocks.blocks, isLive) where sampled.contains(block.address) {
            if isLive { heap.live.append(block) } else { heap.left += block.points(&random) }
        }
        return heap
    }

    /// Every granule that blocks lie on.
    var granules: [UInt64] { Array(SimulatedHeap.first..<end) }

    func snapshot(_ sampled: SampledHeap?) -> Snapshot {
        let first = SimulatedHeap.first
        let arena = HeapInterior.Arena(isMain: true, heaps: [range(first, end)], top: nil)
        let interior = HeapInterior(arenas: [arena], cached: [], freeChunksAtPageStart: [])
        return Snapshot(
            [line(first, end, "[heap]")], [anonymous(first, end)],
            HeapWitness(ledger: ledger, interior: interior, sampled: sampled))
    }
}

extension HeapSample {
    /// The pages that it lies on, with its bytes on each.
    var pages: [(page: UInt64, bytes: Int)] {
        var pages: [(page: UInt64, bytes: Int)] = []
        var position = address.rawValue
        let end = position + UInt64(bytes.rawValue)
        while position < end {
            let next = min((position / 4096 + 1) * 4096, end)
            pages.append((position / 4096, Int(next - position)))
            position = next
        }
        return pages
    }

    /// What it leaves: a byte in each of equal parts.
    func points(_ random: inout Randomness) -> [HeapSample] {
        let count = max(1, bytes.rawValue / (64 << 10))
        let part = UInt64(bytes.rawValue / count)
        return (0..<UInt64(count)).map { index in
            var point = self
            point.address = Address(address.rawValue + index * part + random.number(0...part - 1))
            point.freed = 50
            point.points = count
            return point
        }
    }
}
