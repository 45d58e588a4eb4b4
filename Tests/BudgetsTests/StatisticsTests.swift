import TestSupport
import Testing

@testable import Budgets

@Suite struct `The trend of a series` {
    /// All orders of five different values: how often each score comes is how often the test says it does.
    @Test func `has the chances that all permutations have`() {
        var scores: [Int: Int] = [:]
        var count = 0
        func permute(_ values: [Int], _ rest: [Int]) {
            if rest.isEmpty {
                count += 1
                scores[score(values), default: 0] += 1
            }
            for (index, value) in rest.enumerated() {
                var others = rest
                others.remove(at: index)
                permute(values + [value], others)
            }
        }
        func score(_ values: [Int]) -> Int {
            values.indices.reduce(0) { sum, i in values[i...].reduce(sum) { $0 + ($1 - values[i]).signum() } }
        }
        permute([], [0, 1, 2, 3, 4, 5])
        for limit in stride(from: 15, through: -15, by: -2) {
            let atLeast = scores.filter { $0.key >= limit }.values.reduce(0, +)
            let chance = Slope.chance(score: limit, of: 6)
            #expect(abs(chance - Double(atLeast) / Double(count)) < 1e-12)
        }
    }

    @Test func `is the median of the slopes between every two`() {
        #expect(Slope([0, 10, 20, 30, 40], limit: 0).perStep == 10)
        #expect(Slope([0, 10, 20, 30, 4000], limit: 0).perStep == 10, "one wild value moves nothing")
        #expect(Slope([5, 5, 5, 5, 5, 5], limit: 0).perStep == 0)
        #expect(Slope([0, 10, 20, 30, 40], limit: 9.9).exceeds)
        #expect(!Slope([0, 10, 20, 30, 40], limit: 10).exceeds)
        #expect(!Slope([5, 5, 5, 5, 5, 5], limit: 0).exceeds)
        #expect(!Slope([0, 1, 2, 3], limit: 0).exceeds, "four are too few")
        #expect(!Slope([0, 100, 100, 100, 100, 100, 100, 100], limit: 0).exceeds, "a step is no trend")
    }

    @Test func `of a long series is found in part of it`() {
        let rising = Slope((0..<5000).map { Double($0 * 3) }, limit: 0)
        #expect(rising.perStep == 3 && rising.exceeds)
    }

    @Test(arguments: [5, 8, 20, 40, 41, 100])
    func `is found in noise once in a hundred times at most`(count: Int) {
        var randomness = Randomness(seed: count)
        let rounds = 4000
        let found = (0..<rounds).count { _ in
            Slope((0..<count).map { _ in randomness.normal() }, limit: 0).exceeds
        }
        // The median of the slopes is above 0 in half of them; three standard errors on top.
        #expect(Double(found) / Double(rounds) < 0.01 + 3 * (0.01 / Double(rounds)).squareRoot(), "\(found)")
    }
}

extension Randomness {
    /// Of mean 0 and deviation 1, from twelve uniform numbers: 6 - 12 of them sum to that (the tails end at 6).
    mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &self) } }
}

@Suite struct `The middle of some values` {
    @Test func `is between the two where they are even`() {
        #expect([3.0, 1, 2].median == 2 && [4.0, 1, 2, 3].median == 2.5 && [Double]().median == 0)
        #expect(abs([1.0, 3].deviation * [1.0, 3].deviation - 2) < 1e-9 && [5.0].deviation == 0)
        #expect([3.0, 1, 2].spread == 1...3)
    }
}
