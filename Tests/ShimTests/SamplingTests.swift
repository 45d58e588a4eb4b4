import MemoryModel
import Segment
import Testing

/// What the core samples, against models that know the truth.
struct `Samples` {
    /// Runs a scenario to its end, in which the program itself compares; returns what it said.
    private func run(_ name: String, _ numbers: [Int] = [], stops: Int = 1) throws -> [String] {
        let scratch = try Scratch()
        let scenario = try Scenario(name, directory: scratch.path, numbers)
        for stop in 1...stops {
            _ = try scenario.ready()
            if stop < stops { try scenario.go() }
        }
        #expect(try scenario.end() == 0)
        return scenario.said
    }

    /// Horvitz-Thompson: Σ y/p, whose variance is estimated by Σ (1 - p)/p² y².
    @Test(arguments: [1: "all of 1 KiB", 2: "log-uniform from 16 B to 1 MiB", 3: "a few of 4 MiB among many of 256 B"])
    func `estimate live bytes within two standard errors in 93 to 97 % of runs`(kind: Int, what: String) throws {
        let runs = try run("estimates", [1, kind, 2000]).map { $0.split(separator: " ").compactMap { Double($0) } }
        try #require(runs.count == 2000 && runs.allSatisfy { $0.count == 3 })
        let within = runs.filter { abs($0[1] - $0[0]) <= 2 * $0[2].squareRoot() }.count
        #expect((1860...1940).contains(within), "\(what): \(within) of 2000")
        let ratio = runs.map { $0[1] / $0[0] }.reduce(0, +) / 2000
        // A run's standard error is below 6 %, the mean's of 2,000 runs below 0.13 %.
        #expect(abs(ratio - 1) < 0.004, "\(what): the estimates are \(ratio) of the truth")
    }

    @Test(arguments: [(1, 1, 1), (2, 4, 1), (3, 8, 1), (4, 1, 4096), (5, 4, 4096), (6, 4, 65536)])
    func `are the live blocks, and points where nobody was since`(seed: Int, threads: Int, mean: Int) throws {
        #expect(try run("sampled-churn", [seed, threads, 15_000, mean]) == [])
    }

    @Test(arguments: [(1, 0, 5), (2, 0, 5), (1, 4, 10), (2, 4, 10)])
    func `are the child's too when it is forked, and go on in it`(seed: Int, threads: Int, forks: Int) throws {
        #expect(try run("sampled-forks", [seed, threads, forks]) == [])
    }

    @Test(arguments: [1, 2]) func `are a raw clone's own from its first free on`(seed: Int) throws {
        #expect(try run("sampled-clone", [seed]) == [])
    }

    @Test func `stay as they are when a child that has no books frees them`() throws {
        #expect(try run("sampled-homeless", [1]) == [])
    }

    @Test func `are counted where the table is full, while the books go on`() throws {
        let scratch = try Scratch()
        let scenario = try Scenario("sampled-full", directory: scratch.path, [1, 30_000])
        let model = try #require(try scenario.ready().first)
        #expect(scenario.said == ["16384 entries, 16384 live, 13616 dropped"])
        let read = try books(of: scenario.pid)
        expect(read, hold: model)
        #expect(read.degraded == [])
        try scenario.go()
        let emptied = try #require(try scenario.ready().first)
        expect(try books(of: scenario.pid), hold: emptied)
        // A quarter of the table is kept for live blocks; of the 16,384 that were samples each leaves a point, or is counted.
        let numbers = scenario.said[1].split(separator: " ").compactMap { Int($0) }
        #expect(numbers.reduce(0, +) == 16384 && numbers[0] > 12_000, "\(scenario.said)")
        #expect(try scenario.end() == 0)
        #expect(try scratch.names() == [])
    }

    @Test func `have the innermost tag that is kept`() throws {
        let letters = "abcdefghijklmn".map(String.init)
        // 20 pushes, of which 14 are kept; 20 pops, an allocation after each.
        let innermost = letters + Array(repeating: "n", count: 12) + letters.dropLast().reversed()
        var expected = innermost.enumerated().map { "\($0 + 1) tag \($1)" } + ["40 -"]
        expected += ["400 of 400", "4096 tags", "1000 -", "1001 tag a"]
        #expect(try run("tagged") == expected)
    }
}
