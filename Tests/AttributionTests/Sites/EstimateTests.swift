import Attribution
import MemoryModel
import TestSupport
import Testing

/// Over 2,000 seeded runs each, against heaps whose truth is known.
@Suite struct `Estimates` {
    static let runs = 2_000

    @Test(arguments: SizeDistribution.allCases)
    func `of live bytes and blocks are unbiased, and as far off as they say`(distribution: SizeDistribution) throws {
        var random = Randomness(seed: 4)
        let heap = SimulatedHeap(distribution, &random)
        let mean = heap.mean(samples: 600)
        var bytes = CoverageOfTruth(truth: heap.bytes)
        var blocks = CoverageOfTruth(truth: heap.blocks.count)
        for _ in 0..<Self.runs {
            let sites = try #require(Self.sites(SimulatedHeap.sampled(heap.blocks, mean: mean, &random), mean: mean))
            bytes.add(sites.holds.estimate)
            blocks.add(try #require(sites.holds.groups.first).blocks)
        }
        #expect((0.93...0.97).contains(bytes.share), "\(bytes.share)")
        #expect((-4...4).contains(bytes.bias), "\(bytes.bias)")
        #expect((-4...4).contains(blocks.bias), "\(blocks.bias)")
    }

    /// Of three sites, each by itself.
    @Test(arguments: SizeDistribution.allCases)
    func `of one site are as good as those of the whole`(distribution: SizeDistribution) throws {
        var random = Randomness(seed: 5)
        let heap = SimulatedHeap(distribution, stacks: 3, &random)
        let mean = heap.mean(samples: 1_000)
        let own = heap.blocks.filter { $0.stack == 1 }
        var coverage = CoverageOfTruth(truth: own.reduce(0) { $0 + $1.bytes.rawValue })
        for _ in 0..<Self.runs {
            let sites = try #require(Self.sites(SimulatedHeap.sampled(heap.blocks, mean: mean, &random), mean: mean))
            let site = try #require(sites.holds.groups.first { $0.frames.first?.function == "site-1" })
            coverage.add(site.bytes)
        }
        #expect((0.93...0.97).contains(coverage.share), "\(coverage.share)")
        #expect((-4...4).contains(coverage.bias), "\(coverage.bias)")
    }

    /// A part of all blocks lives on; the pages of the rest are pinned, or left. Few and small blocks pin most, so it
    /// takes more samples than above until the interval is as wide as it should be.
    @Test(arguments: SizeDistribution.allCases)
    func `of pinned and of left bytes are unbiased, and as far off as they say`(
        distribution: SizeDistribution
    ) throws {
        var random = Randomness(seed: 6)
        let heap = PinnedHeap(distribution, &random)
        let mean = heap.blocks.mean(samples: distribution == .wide ? 150_000 : 8_000)
        var pins = CoverageOfTruth(truth: attribute(heap.snapshot(nil)).bytes(.heapFragmented).rawValue)
        var left = CoverageOfTruth(truth: heap.leftBytes)
        for _ in 0..<500 {
            let sites = try #require(attribute(heap.snapshot(heap.sampled(mean: mean, &random))).sites)
            pins.add(sites.pins.estimate)
            left.add(sites.left.estimate)
        }
        // A standard error of what 500 runs say is a hundredth.
        #expect((0.92...0.98).contains(pins.share), "\(pins.share)")
        #expect((-4...4).contains(pins.bias), "\(pins.bias)")
        #expect((-4...4).contains(left.bias), "\(left.bias)")
        // An upper bound where blocks of more than a page leave one point.
        #expect((0.92...(distribution == .small ? 0.98 : 1)).contains(left.share), "\(left.share)")
    }

    @Test func `are exact where every allocation is a sample`() throws {
        var random = Randomness(seed: 7)
        let heap = SimulatedHeap(.wide, &random)
        let sites = try #require(Self.sites(heap.blocks, mean: 1))
        #expect(sites.holds.estimate == Estimate(heap.bytes))
        #expect(sites.holds.groups.first?.blocks == Estimate(heap.blocks.count))
    }

    static func sites(_ samples: [HeapSample], mean: Int) -> SiteReport? {
        let stacks = (0..<3).map { SampledStack(frames: [Frame(function: "site-\($0)")]) }
        let heap = SampledHeap(mean: mean, live: samples, stacks: stacks)
        return attribute(Snapshot([], [], HeapWitness(sampled: heap))).sites
    }
}
