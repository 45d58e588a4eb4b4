import Foundation
import MemoryModel
import TestSupport

@testable import Attribution

/// A program's blocks over time, whose truth is known: the history is made from its definition, block by block.
struct SimulatedProcess {
    struct Block {
        var born: Double
        /// Infinite: it is never freed.
        var died: Double
        var bytes: Int
        var site: Int
    }

    let seconds: Double
    let mean: Int
    var blocks: [Block] = []

    /// Nanoseconds at the beginning; any number.
    static let since: UInt64 = 5_000_000_000

    init(seconds: Double = 60, mean: Int = 512 << 10) {
        self.seconds = seconds
        self.mean = mean
    }

    /// Blocks of one size from `start` to `end`, at a rate of so many samples a second.
    mutating func add(
        site: Int = 0, bytes: Int = 60_000, samplesPerSecond: Double, from start: Double = 0, to end: Double? = nil,
        _ random: inout Randomness, lifetime: (inout Randomness) -> Double
    ) {
        // Only those that become samples are of interest, and of the others that they are there.
        let interval = samplingProbability(of: ByteCount(bytes), mean: mean) / samplesPerSecond
        var time = start + Double.random(in: 0..<interval, using: &random)
        while time < end ?? seconds {
            blocks.append(Block(born: time, died: time + lifetime(&random), bytes: bytes, site: site))
            time += interval
        }
    }

    func isLive(_ block: Block, at time: Double) -> Bool { block.born < time && block.died >= time }

    /// The bytes that are live of one site.
    func truth(site: Int = 0, at time: Double) -> Int {
        blocks.reduce(0) { $0 + ($1.site == site && isLive($1, at: time) ? $1.bytes : 0) }
    }

    /// What the shim would have written.
    func sampled(_ random: inout Randomness) -> SampledHeap {
        let samples = blocks.filter { random.chance(samplingProbability(of: ByteCount($0.bytes), mean: mean)) }
        let tick = Double(1 << 30) / 1e9
        var interval = tick
        while seconds / interval >= 16 { interval *= 2 }
        let sites = Set(blocks.map(\.site)).sorted()
        var heap = SampledHeap(mean: mean)
        heap.stacks = (0...(sites.last ?? 0)).map { SampledStack(frames: [Frame(function: "site-\($0)")]) }
        heap.readAt = Self.since + UInt64(seconds * 1e9)
        heap.live = samples.lazy.filter { isLive($0, at: seconds) }.enumerated().map { index, block in
            HeapSample(
                address: Address(1 << 32 + UInt64(index) << 20), bytes: ByteCount(block.bytes),
                born: Self.since + UInt64(block.born * 1e9), stack: block.site)
        }
        heap.history = SampledHistory(
            seconds: seconds, intervalSeconds: interval,
            sites: sites.map { site in
                let own = samples.filter { $0.site == site }
                func sum(_ isIn: (Block) -> Bool) -> Double {
                    own.reduce(0) { $0 + (isIn($1) ? weight($1) : 0) }
                }
                return StackHistory(
                    kind: .blocks, stack: site, born: Int(sum { _ in true }), died: Int(sum { $0.died < seconds }),
                    levels: (0..<Int(seconds / interval)).map { index in
                        sum { isLive($0, at: Double(index + 1) * interval) }
                    })
            })
        return heap
    }

    private func weight(_ block: Block) -> Double {
        Double(block.bytes) / samplingProbability(of: ByteCount(block.bytes), mean: mean)
    }

    func leaks(_ random: inout Randomness, limit: Int = 20) -> LeakReport? {
        attribute(Snapshot([], [], HeapWitness(sampled: sampled(&random))), leakLimit: limit).leaks
    }
}

extension Randomness {
    mutating func exponential(mean: Double) -> Double { -log(1 - Double.random(in: 0..<1, using: &self)) * mean }
}
