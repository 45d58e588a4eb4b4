import MemoryModel
import Reachability
import Testing

@Suite struct `The mark` {
    /// A root that holds a list; a list that is lost; a ring that is lost.
    private func simple() -> FakeProcess {
        var process = FakeProcess()
        process.blocks = (0..<8).map { BlockTable.Block(start: 0x5000_0010 + 64 * $0, bytes: 40, stack: UInt32($0)) }
        process.written = [AddressRange(0x1000, 0x2000), AddressRange(0x5000_0000, 0x5000_1000)]
        process.roots = [AddressRange(0x1000, 0x2000)]
        func start(_ index: Int) -> UInt64 { process.blocks[index].start }
        process.write(start(0), at: 0x1008)
        process.write(start(1), at: start(0) + 8)
        process.write(start(3), at: start(2))
        process.write(start(5), at: start(4))
        process.write(start(4), at: start(5))
        process.write(start(6), at: start(6))
        return process
    }

    @Test func `follows what leads on, and tells direct from indirect`() {
        let marker = simple().marked()
        #expect(
            (0..<8).map { marker.state(of: $0) } == [
                .reached, .reached, .direct, .indirect, .indirect, .indirect, .direct, .direct,
            ])
    }

    @Test func `takes the inside of a block for the block, and its end for none`() {
        for (offset, isHeld) in [(0, true), (39, true), (40, false), (63, false)] as [(UInt64, Bool)] {
            var process = simple()
            process.write(process.blocks[7].start + offset, at: 0x1010)
            #expect((process.marked().state(of: 7) == .reached) == isHeld, "offset \(offset)")
        }
    }

    @Test func `finds what a register holds`() {
        var process = simple()
        process.registers = [0, process.blocks[2].start + 3, .max]
        let marker = process.marked()
        #expect(marker.state(of: 2) == .reached && marker.state(of: 3) == .reached)
    }

    @Test func `decides nothing that unknown memory leads to`() {
        var process = simple()
        process.unknown = [AddressRange(0x5000_0000, 0x5000_1000)]
        process.write(process.blocks[2].start, at: 0x5000_0800)
        let marker = process.marked()
        #expect(
            marker.state(of: 2) == .undecided && marker.state(of: 3) == .undecided && marker.state(of: 4) == .indirect)
    }

    @Test func `says what it could not read`() {
        var process = simple()
        process.unreadable = [0x1000 / 4096]
        let marker = process.marked()
        #expect(marker.unreadable == 4096 && marker.state(of: 0) == .direct)
    }

    /// Against the plain mark, with room for every edge, for some, and for none.
    @Test(arguments: 0..<60) func `comes to what the definition says`(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let process = FakeProcess.random(&random)
        let expected = PlainMark(process).states()
        for edges in [1 << 20, 40, 2] {
            let marker = process.marked(edges: edges)
            #expect(marker.blocks.count == expected.count)
            let found = (0..<marker.blocks.count).map { marker.state(of: $0) }
            #expect(found == expected, "seed \(seed), \(edges) edges")
        }
    }
}

@Suite struct `The table of blocks` {
    @Test func `leaves out what cannot be`() {
        let places: [(start: UInt64, bytes: UInt64)] = [
            (0x5000_0010, 100), (0x5000_0020, 16), (0x5000_0013, 8), (1 << 47, 8), ((1 << 47) - 8, 9),
            (0x5000_0010, 100), (0, 8), (0x6000_0000, .max), (0x7000_0000, 5 << 30), (0x2_0000_0000, 8),
        ]
        let table = BlockTable.of(places.map { BlockTable.Block(start: $0.start, bytes: $0.bytes) })
        #expect(table.impossible == 7)
        #expect((0..<table.count).map { table[$0].start } == [0x5000_0010, 0x7000_0000, 0x2_0000_0000] as [UInt64])
        #expect(table.block(holding: 0x7000_0000 + (5 << 30) - 1) == 1)
        #expect(table.block(holding: 0x7000_0000 + (5 << 30)) == nil)
        #expect(table.block(holding: 0x5000_0010 + 99) == 0)
        #expect(table.block(holding: .max) == nil)
    }

    @Test func `takes no more blocks in a place than fit`() {
        let table = BlockTable.of((0..<100_000).map { _ in .init(start: 0x5000_0010, bytes: 8) })
        #expect(table.count == 1 && table.impossible == 99_999)
    }

    @Test func `leaves out what comes in the second pass only`() {
        var builder = BlockTable.Builder()
        builder.count(.init(start: 0x5000_0010, bytes: 8))
        for start in stride(from: UInt64(0x5000_0020), to: 0x5001_0000, by: 16) {
            builder.place(.init(start: start, bytes: 8))
        }
        #expect(builder.finish().count <= 1)
    }
}

extension FakeProcess {
    /// Blocks of all sizes, near and far from one another, in memory with holes, full of words that may lead to them.
    static func random(_ random: inout SplitMix64) -> FakeProcess {
        var process = FakeProcess()
        process.roots = [AddressRange(0x10000, 0x11000)]
        process.written = process.roots
        for area in [0x5000_0000, 0x7f00_0000_0000, 0x7f00_4000_0000] as [UInt64] {
            var at = area + 16
            for _ in 0..<Int(random.below(40)) {
                let bytes = random.below(8) == 0 ? 1 + random.below(3 << 20) : 1 + random.below(300)
                process.blocks.append(BlockTable.Block(start: at, bytes: bytes))
                at = (at + bytes + 8 + random.below(3) * random.below(5000) + 15) / 16 * 16
            }
            let end = (at + 4095) / 4096 * 4096
            var page = area
            while page < end {
                let next = min(end, page + 4096 * (1 + random.below(64)))
                if random.below(8) > 0 { process.written.append(AddressRange(page, next)) }
                page = next
            }
        }
        process.written = process.written.reduce(into: []) { ranges, range in
            if ranges.last?.end == range.start {
                ranges[ranges.count - 1].end = range.end
            } else {
                ranges.append(range)
            }
        }
        for block in process.blocks where random.below(2) == 0 {
            for _ in 0..<random.below(4) {
                process.write(process.pointer(&random), at: block.start + random.below(block.bytes) / 8 * 8)
            }
        }
        for _ in 0..<random.below(5) { process.write(process.pointer(&random), at: 0x10000 + 8 * random.below(512)) }
        if random.below(2) == 0, let area = process.written.last {
            process.unknown = [area]
            process.write(process.pointer(&random), at: area.start.rawValue + 8 * random.below(512))
        }
        if random.below(3) == 0 { process.registers = [process.pointer(&random)] }
        if random.below(3) == 0, let page = process.written.randomElement(using: &random) {
            process.unreadable = [page.start.rawValue / 4096]
        }
        return process
    }

    private func pointer(_ random: inout SplitMix64) -> UInt64 {
        guard let block = blocks.randomElement(using: &random), random.below(8) > 0 else { return random.next() >> 16 }
        return random.below(2) == 0 ? block.start : block.start + random.below(block.bytes + 16)
    }
}

/// G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ limit: UInt64) -> UInt64 { next() % limit }
}
