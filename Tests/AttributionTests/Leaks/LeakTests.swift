import Foundation
import MemoryModel
import TestSupport
import Testing

@testable import Attribution

/// A kind of program, and how it uses its time of 60 s.
enum Behaviour: String, CaseIterable, Sendable {
    case churn, cache, sessions, startUp, waves, replacement, pool
    case leak, leakInChurn, leakFromTheMiddleOn, growingCache

    var grows: Bool { [.leak, .leakInChurn, .leakFromTheMiddleOn, .growingCache].contains(self) }

    func process(_ random: inout Randomness) -> SimulatedProcess {
        var process = SimulatedProcess()
        switch self {
        case .churn: process.add(samplesPerSecond: 40, &random) { $0.exponential(mean: 0.2) }
        case .cache: process.add(samplesPerSecond: 5, &random) { _ in 20 }
        case .sessions: process.add(samplesPerSecond: 10, &random) { $0.exponential(mean: 6) }
        case .startUp: process.add(samplesPerSecond: 10, to: 10, &random) { _ in .infinity }
        case .waves:
            for wave in 0..<6 {
                let end = Double(wave) * 10 + 9
                process.add(samplesPerSecond: 6, from: end - 9, to: end - 3, &random) { _ in 0 }
                for index in process.blocks.indices where process.blocks[index].born > end - 9 {
                    process.blocks[index].died = end
                }
            }
        case .replacement:
            process.add(samplesPerSecond: 60, to: 1, &random) { $0.exponential(mean: 8) }
            process.add(samplesPerSecond: 60 / 8, from: 1, &random) { $0.exponential(mean: 8) }
        case .pool:
            process.add(samplesPerSecond: 20, to: 2, &random) { _ in .infinity }
            process.add(samplesPerSecond: 20, &random) { $0.exponential(mean: 0.1) }
        case .leak: process.add(samplesPerSecond: 1, &random) { _ in .infinity }
        case .leakInChurn:
            process.add(samplesPerSecond: 50, &random) { $0.chance(0.04) ? .infinity : $0.exponential(mean: 0.05) }
        case .leakFromTheMiddleOn: process.add(samplesPerSecond: 2, from: 30, &random) { _ in .infinity }
        case .growingCache: process.add(samplesPerSecond: 2, &random) { _ in 100 }
        }
        return process
    }
}

/// 100 seeded programs of each kind, of which one reading is made after 60 s.
@Suite struct `What grows` {
    static let runs = 100

    @Test(arguments: Behaviour.allCases)
    func `is named, and nothing else is`(behaviour: Behaviour) throws {
        var named: [LeakGroup.Word: Int] = [:]
        for seed in 0..<Self.runs {
            var random = Randomness(seed: seed * 31 + 7)
            let leaks = try #require(behaviour.process(&random).leaks(&random))
            #expect(leaks.judged <= 1 && !leaks.isTooEarly)
            if let word = leaks.groups.first?.word { named[word, default: 0] += 1 }
        }
        let growing = named[.growing, default: 0]
        let suspect = named[.suspect, default: 0]
        print("\(behaviour): growing \(growing), suspect \(suspect) of \(Self.runs)")
        if behaviour.grows {
            #expect(growing >= 95 && growing + suspect >= 99, "\(growing), \(suspect)")
        } else {
            #expect(growing + suspect == 0, "\(growing), \(suspect)")
        }
    }

    /// Laplace's rule: 18 samples that are all kept are a score of 19/20.
    @Test func `takes eighteen samples to be named`() throws {
        var random = Randomness(seed: 3)
        var named = 0
        var reached = 0
        for _ in 0..<400 {
            var process = SimulatedProcess()
            process.add(samplesPerSecond: 0.3, &random) { _ in .infinity }
            let leaks = try #require(process.leaks(&random))
            guard let group = leaks.groups.first else { continue }
            named += 1
            if group.count >= 18 { reached += 1 }
        }
        // Few are named by an even rise alone, with fewer samples.
        #expect((100...380).contains(named) && named - reached < 80, "\(named), \(reached)")
    }

    @Test(arguments: [100, 6_000, 60_000])
    func `grew by what is estimated, within its error`(size: Int) throws {
        var random = Randomness(seed: size)
        var process = SimulatedProcess(mean: 64 << 10)
        process.add(bytes: size, samplesPerSecond: 10, &random) { $0.exponential(mean: 40) }
        var estimates: [(growth: Estimate, bytes: Estimate)] = []
        for _ in 0..<400 {
            let heap = process.sampled(&random)
            let history = try #require(heap.history)
            var tally = SiteTally(SeenTime(history))
            tally.add(try #require(history.sites.first))
            for sample in heap.live {
                tally.add(sample, age: Double(heap.readAt - sample.born) / 1e9, mean: heap.mean)
            }
            let evidence = tally.evidence(.blocks, mean: heap.mean)
            estimates.append((evidence.growth, tally.group(.growing, .blocks, evidence, SiteTable(heap.stacks)).bytes))
        }
        let now = process.truth(at: 60)
        // 55.8 whole ticks are 13 intervals of 4.
        let grown = now - process.truth(at: 6 * 4 * 1.073741824)
        var growth = CoverageOfTruth(truth: grown)
        var bytes = CoverageOfTruth(truth: now)
        for estimate in estimates {
            growth.add(estimate.growth)
            bytes.add(estimate.bytes)
        }
        #expect((-4...4).contains(growth.bias) && (-4...4).contains(bytes.bias), "\(growth.bias), \(bytes.bias)")
        // What died since is known by a bound only: the error of the growth is at most too large.
        #expect(growth.share >= 0.93 && (0.92...0.98).contains(bytes.share), "\(growth.share), \(bytes.share)")
    }

    @Test func `is ranked by what it surely grew`() throws {
        var random = Randomness(seed: 8)
        var process = SimulatedProcess()
        for (site, rate) in [2.0, 8, 4].enumerated() {
            process.add(site: site, samplesPerSecond: rate, &random) { _ in .infinity }
        }
        process.add(site: 3, samplesPerSecond: 8, from: 25, to: 40, &random) { _ in .infinity }
        let leaks = try #require(process.leaks(&random))
        #expect(leaks.groups.map { $0.frames.first?.function } == ["site-1", "site-2", "site-0", "site-3"])
        #expect(leaks.groups.map(\.word) == [.growing, .growing, .growing, .suspect])
        let two = try #require(process.leaks(&random, limit: 2))
        #expect(two.groups.count == 2 && two.groupCount == 4 && two.judged == 4)
    }

    @Test(arguments: [0.5, 5, 8.5]) func `is not told before eight intervals have passed`(seconds: Double) throws {
        var random = Randomness(seed: 1)
        var process = SimulatedProcess(seconds: seconds)
        process.add(samplesPerSecond: 100, &random) { _ in .infinity }
        let leaks = try #require(process.leaks(&random))
        #expect(leaks.isTooEarly && leaks.groups == [] && leaks.judged == 0)
        #expect((8.5...8.6).contains(leaks.leastSeconds))
    }

    @Test func `is not told where the shim kept no history`() {
        #expect(attribute(Snapshot([], [], HeapWitness(sampled: SampledHeap()))).leaks == nil)
        #expect(attribute(Snapshot([], [], HeapWitness())).leaks == nil)
    }
}
