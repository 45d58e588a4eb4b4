import Foundation
import MemoryModel
import TestSupport
import Testing

@testable import Attribution

/// A saved snapshot may say anything.
@Suite struct `Hostile histories` {
    static let numbers: [Double] = [
        0, -1, 1, .nan, .infinity, -.infinity, 1e300, -1e300, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 4e9,
    ]
    static let counts = [0, 1, -1, .max, .min, 1 << 62, -1 << 62, 12_345_678]

    @Test(arguments: 0..<20) func `harm nobody`(seed: Int) {
        var random = Randomness(seed: seed)
        for _ in 0..<100 {
            var heap = SampledHeap(mean: random.pick([1, 512 << 10, 0, -5, .max]))
            heap.readAt = random.pick([0, 60_000_000_000, .max])
            heap.stacks = (0..<4).map { SampledStack(frames: $0 == 3 ? [] : [Frame(function: "f\($0)")]) }
            heap.live = (0..<20).map { _ in
                HeapSample(
                    address: Address(random.next()), bytes: ByteCount(random.pick(Self.counts)), born: random.next(),
                    stack: random.pick([nil, 0, 1, 3, 9, -1]))
            }
            heap.mappings = (0..<4).map {
                SampledMapping(range: range($0, $0 + 1), stack: random.pick([0, 2, 77, -1]))
            }
            heap.history = SampledHistory(
                seconds: random.chance(0.5) ? 60 : random.pick(Self.numbers),
                intervalSeconds: random.chance(0.5) ? 4 : random.pick(Self.numbers),
                sites: (0..<10).map { _ in
                    StackHistory(
                        kind: random.pick([.blocks, .mappings, .threads]),
                        stack: random.pick([nil, 0, 1, 2, 3, 50, -7]),
                        born: random.pick(Self.counts), died: random.pick(Self.counts),
                        levels: (0..<Int.random(in: 0...40, using: &random)).map { _ in random.pick(Self.numbers) })
                },
                threads: StackHistory(kind: .threads, stack: nil, born: .max, died: .min, levels: Self.numbers),
                runningThreads: (0..<30).map { _ in
                    RunningThread(
                        ageSeconds: random.pick(Self.numbers), threadPointer: Address(random.next()),
                        start: random.pick([nil, Frame(function: "g"), Frame(offset: .max)]))
                })
            let lines = [line(1, 9), line(12, 40)]
            let leaks = attribute(Snapshot(lines, [anonymous(2, 6)], HeapWitness(sampled: heap))).leaks
            for group in leaks?.groups ?? [] {
                #expect(group.score >= LeakEvidence.leastScore && group.score <= 1 && group.growth.value > 0)
            }
        }
    }

    /// 100,000 threads, most of them long gone, and as many stacks.
    @Test func `of a hundred thousand are read`() throws {
        var heap = SampledHeap()
        heap.readAt = 60_000_000_000
        let ages = (0..<100_000).map { Double($0 % 56) }
        heap.history = SampledHistory(
            seconds: 60, intervalSeconds: 4.294967296,
            sites: (0..<100_000).map { StackHistory(kind: .blocks, stack: $0, born: 1 << 20, levels: [1, 2, 3]) },
            runningThreads: ages.map { RunningThread(ageSeconds: $0) })
        let leaks = try #require(attribute(Snapshot([], [], HeapWitness(sampled: heap))).leaks)
        #expect(leaks.groups.map(\.count) == [100_000])
    }
}
