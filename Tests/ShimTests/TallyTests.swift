import Foundation
import Testing

/// What the core keeps of each stack's samples, against a model that forgets nothing.
struct `Tallies` {
    private func run(_ name: String, _ numbers: [Int] = []) throws -> [String] {
        let scratch = try Scratch()
        let scenario = try Scenario(name, directory: scratch.path, numbers)
        _ = try scenario.ready()
        #expect(try scenario.end() == 0)
        return scenario.said
    }

    /// 16 ticks are the most before intervals become longer; 6000 are an hour and three quarters.
    @Test(arguments: [(1, 15), (2, 17), (3, 200), (4, 6000)])
    func `have the levels at the end of every interval`(seed: Int, ticks: Int) throws {
        #expect(try run("tallied", [seed, ticks]) == [])
    }

    @Test(arguments: [1, 2, 4096, 512 << 10])
    func `count a sample as the bytes that it stands for`(mean: Int) throws {
        let said = try run("weighed", [1, mean]).map { $0.split(separator: " ").compactMap { Double($0) } }
        try #require(said.count == 24 && said.allSatisfy { $0.count == 2 })
        for pair in said {
            let expected = mean == 1 ? pair[0] : pair[0] / -expm1(-pair[0] / Double(mean))
            #expect(abs(pair[1] - expected) <= 1 + expected * 1e-9, "\(pair[0]) bytes")
        }
    }

    @Test(arguments: [1, 2]) func `are the sums of the live samples`(seed: Int) throws {
        #expect(try run("tallied-samples", [seed]) == [])
    }

    @Test func `lose nothing to other threads, and go on in a child`() throws {
        #expect(try run("tallied-together") == [])
    }
}
