import Foundation
import MemoryModel
import TestSupport
import Testing

@testable import Attribution

/// What an answer says of its error where few samples tell: of so many seeded runs each, how many hold the truth. The page
/// Sampling has the figures of 2,000.
@Suite struct `Estimates of few samples` {
    static let runs = 1_000
    static let counts = [3, 6, 12, 24, 100]

    /// Never too narrow. How wide is honest: with three samples, one run in twenty has none.
    @Test(arguments: SizeDistribution.allCases, counts)
    func `of who holds, pins and left are as far off as they say, or less`(
        distribution: SizeDistribution, count: Int
    ) throws {
        for question in SiteAnswer.Question.allCases {
            let coverage = try Self.coverage(of: question, distribution, samples: count)
            let percent = (coverage * 1000).rounded() / 10
            print("coverage: \(distribution), \(count) samples, \(question.rawValue): \(percent) %")
            #expect(coverage >= 0.93, "\(question): \(coverage)")
        }
    }

    private static func coverage(
        of question: SiteAnswer.Question, _ distribution: SizeDistribution, samples count: Int
    ) throws -> Double {
        var random = Randomness(seed: 8)
        let heap = PinnedHeap(distribution, &random)
        let snapshot = heap.snapshot(SampledHeap(mean: 1))
        let witness = try #require(snapshot.heap)
        let sweep = Sweep(
            Attribution.Partition(snapshot), residency: snapshot.residency, witness: witness, probing: heap.granules)
        let totals = Self.totals(sweep)
        let everything = heap.sampled(mean: 1, &random)
        let truth = answer(everything, question, sweep, witness, totals)
        let mean = Self.mean(of: counting(everything, question, sweep), samples: count)
        var coverage = CoverageOfTruth(truth: truth.estimate.value)
        for _ in 0..<runs {
            let sampled = heap.sampled(mean: mean, &random)
            coverage.add(answer(sampled, question, sweep, witness, totals).estimate)
        }
        return coverage.share
    }

    private static func totals(_ sweep: Sweep) -> SiteTotals {
        let rows = sweep.ledger.resident
        return SiteTotals(
            live: ByteCount(rows[.heapLive] ?? 0), fragmented: ByteCount(rows[.heapFragmented] ?? 0),
            left: ByteCount((rows[.heapRetained] ?? 0) + (rows[.heapKept] ?? 0)))
    }

    private static func answer(
        _ sampled: SampledHeap, _ question: SiteAnswer.Question, _ sweep: Sweep, _ witness: HeapWitness,
        _ totals: SiteTotals
    ) -> SiteAnswer {
        SampledBlocks(sampled).report(sweep, witness, totals, options: SiteOptions())[question]
    }

    /// The blocks that the answer is about.
    private static func counting(
        _ everything: SampledHeap, _ question: SiteAnswer.Question, _ sweep: Sweep
    ) -> [Double] {
        let blocks = SampledBlocks(everything)
        let shares =
            switch question {
            case .holds: blocks.holding()
            case .pins: blocks.pinning(sweep.probes)
            case .left: blocks.leaving(sweep.probes)
            }
        return shares.map { Double($0.sample.bytes.rawValue) }
    }

    /// The mean distance at which so many of these blocks are samples, on average.
    private static func mean(of blocks: [Double], samples: Int) -> Int {
        var (low, high) = (1.0, 1e12)
        for _ in 0..<100 {
            let middle = (low * high).squareRoot()
            let expected = blocks.reduce(0) { $0 + (1 - exp(-$1 / middle)) }
            if expected > Double(samples) { low = middle } else { high = middle }
        }
        return Int(low)
    }
}
