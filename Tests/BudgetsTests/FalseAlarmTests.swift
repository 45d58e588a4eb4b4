import MemoryModel
import TestSupport
import Testing

@testable import Budgets

/// The rule of the tolerance, against noise that is made up. The seeds make every figure repeatable.
@Suite struct `The tolerance of a baseline` {
    /// Noise of mean 0 and deviation 1.
    enum Noise: String, CaseIterable {
        case normal
        case uniform
        /// One run in ten is another: the median of five does not see it, their deviation may not either.
        case outliers

        func draw(_ randomness: inout Randomness) -> Double {
            switch self {
            case .normal: randomness.normal()
            case .uniform: Double.random(in: -1.732...1.732, using: &randomness)
            case .outliers: randomness.chance(0.1) ? 3 : -1.0 / 3
            }
        }
    }

    /// How many of some rows are called exceeded.
    private func alarms(
        _ rounds: Int, noise: Noise = .normal, deviation: Double, earlier: Int, new: Int = 1, shift: Double = 0
    ) -> Int {
        var randomness = Randomness(seed: earlier * 100 + new)
        let level = 200 * Double(mebibyte)
        func value() -> Double { level + deviation * noise.draw(&randomness) }
        return (0..<rounds).count { _ in
            let values = (0..<earlier).map { _ in value() }
            let now = (0..<new).map { _ in value() + shift }
            let tolerance = Tolerance(values, now, .row(.heapLive))
            return tolerance.shift > tolerance.value
        }
    }

    private static let runs: [(Int, Int)] = [(5, 1), (5, 7), (10, 1), (10, 3), (20, 1), (20, 7)]

    /// With so much noise that the floor does not matter.
    @Test(arguments: runs)
    func `lets noise alarm once in 10,000 judgements`(earlier: Int, new: Int) {
        let found = alarms(100_000, deviation: 10 * Double(mebibyte), earlier: earlier, new: new)
        // Ten are expected: twenty or more come once in 290 times.
        #expect(found < 20, "\(found)")
    }

    /// What the books of most programs show: deviations of some pages. The floor is wider.
    @Test(arguments: Noise.allCases)
    func `lets small noise of any shape never alarm`(noise: Noise) {
        #expect(alarms(100_000, noise: noise, deviation: 12 * 4096, earlier: 5) == 0)
    }

    private static let shifts: [(Int, Int, Int, Int)] = [
        (mebibyte, 24 << 10, 5, 1), (mebibyte, 64 << 10, 10, 1), (2 * mebibyte, 50 << 10, 5, 1),
        (2 * mebibyte, 550 << 10, 20, 7),
    ]

    @Test(arguments: shifts)
    func `does not hide a shift`(shift: Int, deviation: Int, earlier: Int, new: Int) {
        let rounds = 10_000
        let found = alarms(rounds, deviation: Double(deviation), earlier: earlier, new: new, shift: Double(shift))
        #expect(Double(found) >= 0.995 * Double(rounds), "\(found) of \(rounds)")
    }

    @Test func `of more runs is narrower, and never below its floor`() {
        let noisy = (0..<20).map { Double($0 % 2) * 1e7 }
        let widths = [6, 8, 12, 20].map { Tolerance(Array(noisy.prefix($0)), [0], .row(.heapLive)).value }
        #expect(widths == widths.sorted(by: >))
        func floor(_ level: Double, _ quantity: Quantity) -> Double {
            Tolerance([level, level, level, level, level], [level], quantity).value
        }
        #expect(floor(1, .row(.heapLive)) == Double(256 << 10))
        #expect(floor(2e9, .row(.heapLive)) == 2e6 && floor(2e9, .rss) == 2e7 && floor(1, .rss) == 1_048_576)
        #expect(floor(1, .liveBlocks) == 1000 && floor(0.5, .fragmentation) == 0.02)
    }

    @Test func `has Student's quantiles`() {
        // 20 and 118 degrees of freedom, by numeric integration of the density.
        #expect(abs(Tolerance.quantile(20) - 4.5385) < 0.002 && abs(Tolerance.quantile(118) - 3.8392) < 0.001)
        #expect(Tolerance.quantile(4) == 13.034 && Tolerance.quantile(19) == 4.59)
        let all = (4...200).map(Tolerance.quantile)
        #expect(all == all.sorted(by: >))
    }

    @Test func `follows most of the runs, not one of them`() {
        let earlier = [100.0, 101, 99, 100, 100].map { $0 * Double(mebibyte) }
        let new = [100.0, 100, 190, 101, 100].map { $0 * Double(mebibyte) }
        #expect(abs(Tolerance(earlier, new, .row(.heapLive)).shift) <= Double(mebibyte))
    }
}
