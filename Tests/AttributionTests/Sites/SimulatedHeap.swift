import Foundation
import MemoryModel
import TestSupport

/// How large the blocks of a simulated program are.
enum SizeDistribution: String, CaseIterable, Sendable {
    /// Small objects, as of an interpreter.
    case small
    /// Each power of two from 64 bytes to 64 KiB holds as many blocks as the next.
    case wide
    /// Tiny blocks, and buffers of 256 KiB that hold half of the bytes.
    case mixed

    func bytes(_ random: inout Randomness) -> Int {
        switch self {
        case .small: Int(random.number(2...65)) * 16
        case .wide: Int(exp2(Double.random(in: 6..<16, using: &random))) / 16 * 16
        case .mixed: random.chance(1.0 / 4096) ? 256 << 10 : 64
        }
    }

    /// So many that there are some hundreds of samples, whatever they are.
    var blocks: Int {
        switch self {
        case .small: 6_000
        case .wide: 4_000
        case .mixed: 24_000
        }
    }
}

/// A program's live blocks, packed from one address on, whose true sums are known.
struct SimulatedHeap {
    static let first: UInt64 = 1000
    var blocks: [HeapSample] = []

    init(_ distribution: SizeDistribution, stacks: Int = 1, _ random: inout Randomness) {
        var address = Self.first * 4096
        for _ in 0..<distribution.blocks {
            let bytes = distribution.bytes(&random)
            blocks.append(
                HeapSample(
                    address: Address(address), bytes: ByteCount(bytes),
                    stack: Int(random.number(0...UInt64(stacks - 1)))))
            address += UInt64(bytes)
        }
    }

    var bytes: Int { blocks.reduce(0) { $0 + $1.bytes.rawValue } }

    /// A mean distance that leaves about `samples` of the bytes' samples.
    func mean(samples: Int) -> Int { bytes / samples }

    /// The scheme of the library itself: a countdown of bytes that is drawn anew from the exponential distribution
    /// where it runs out. That this makes the probability 1 - exp(-bytes / mean) is for the estimates to show.
    static func sampled(_ blocks: [HeapSample], mean: Int, _ random: inout Randomness) -> [HeapSample] {
        func distance() -> Double { -log(1 - Double.random(in: 0..<1, using: &random)) * Double(mean) }
        var countdown = distance()
        return blocks.filter { block in
            countdown -= Double(block.bytes.rawValue)
            guard countdown < 0 else { return false }
            countdown = distance()
            return true
        }
    }
}

/// How estimates lie about a truth.
struct CoverageOfTruth {
    var truth: Double
    private(set) var runs = 0
    private(set) var covered = 0
    private var sum = 0.0
    private var squares = 0.0

    init(truth: Int) { self.truth = Double(truth) }

    mutating func add(_ estimate: Estimate) {
        runs += 1
        if abs(Double(estimate.value) - truth) <= Double(estimate.error) { covered += 1 }
        sum += Double(estimate.value) - truth
        squares += (Double(estimate.value) - truth) * (Double(estimate.value) - truth)
    }

    /// How often the truth lies within two standard errors.
    var share: Double { Double(covered) / Double(runs) }

    /// How far the mean of all runs is off, in standard errors of that mean.
    var bias: Double {
        let mean = sum / Double(runs)
        return mean / ((squares / Double(runs) - mean * mean) / Double(runs)).squareRoot()
    }
}
