import MemoryModel
import Testing

@testable import Segment

struct `The tallies of a segment` {
    private func history(_ image: SampleImage, tick: UInt64) throws -> SampledHistory? {
        let samples = try #require(try SegmentDirectory().readSamples(image))
        return samples.history(until: 7_000_000_000 + tick << 30 + 5, place: [0: 40, 1: 41])
    }

    @Test func `are read whole, but for stacks of which nothing is live`() throws {
        let samples = try #require(try SegmentDirectory().readSamples(SampleImage()))
        #expect(samples.talliedSince == 7_000_000_000 && samples.tallies.count == 2)
        let history = try #require(try history(SampleImage(), tick: 20))
        #expect(history.intervals == 10 && history.sites.count == 1)
        #expect(abs(history.seconds - 20 * 1.073741824) < 1e-6 && history.intervalSeconds == 2 * 1.073741824)
        // Ticks 2, 4, … 20 are over.
        let levels = (1...10).map { Double($0) * 100 }
        #expect(
            history.sites[0] == StackHistory(kind: .blocks, stack: 40, born: 1 << 40, died: 1 << 39, levels: levels))
        #expect(history.threads?.born == 9 && history.threads?.died == 2)
    }

    @Test func `go on as they were until they are read`() throws {
        let live = Double(1 << 39)
        let soon = try #require(try history(SampleImage(), tick: 23)?.sites.first)
        #expect(soon.levels == (1...10).map { Double($0) * 100 } + [live])
        // Of intervals that became twice as long every second end is known.
        let late = try #require(try history(SampleImage(), tick: 45)?.sites.first)
        #expect(late.levels == [200, 400, 600, 800, 1000] + [Double](repeating: live, count: 6))
        let long = try #require(try history(SampleImage(), tick: 1 << 20)?.sites.first)
        #expect(long.levels == [Double](repeating: live, count: 8))
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Entries that are left out and counted.
        var invalid: Int
        /// Sites that are left.
        var sites: Int
        var change: @Sendable (inout SampleImage) -> Void

        init(
            _ name: String, invalid: Int, sites: Int = 0, _ change: @escaping @Sendable (inout SampleImage) -> Void
        ) {
            (testDescription, self.invalid, self.sites, self.change) = (name, invalid, sites, change)
        }
    }

    static let damages = [
        Damage("an unknown kind", invalid: 1) { $0.site(1, kind: 9, born: 2, died: 1, tick: 0, levels: []) },
        Damage("threads at a stack", invalid: 1) { $0.site(1, kind: 3, born: 2, died: 1, tick: 0, levels: []) },
        Damage("blocks at no stack", invalid: 1, sites: 1) {
            $0.site(0, kind: 1, born: 2, died: 1, tick: 0, levels: [])
        },
        Damage("more born than there can be", invalid: 1) {
            $0.site(1, kind: 1, born: .max, died: 1, tick: 0, levels: [])
        },
        Damage("no number", invalid: 1) { $0.site(1, kind: 1, born: 9, died: 1, tick: 20, levels: [0, .nan]) },
        Damage("no end", invalid: 1) { $0.site(1, kind: 1, born: 9, died: 1, tick: 20, levels: [0, -.infinity]) },
        Damage("a tick that has not come", invalid: 0) {
            $0.site(1, kind: 1, born: 9, died: 1, tick: 0xffff_ffff, levels: [])
        },
        Damage("more died than were born", invalid: 0) { $0.site(1, kind: 1, born: 1, died: 9, tick: 1, levels: [-4]) },
        Damage("a stack that is not there", invalid: 0, sites: 1) {
            $0.site(60, kind: 1, born: 9, died: 1, tick: 1, levels: [])
            $0.count(.sites, 64)
        },
    ]

    @Test(arguments: damages) func `may lie`(damage: Damage) throws {
        var image = SampleImage()
        damage.change(&image)
        let samples = try #require(try SegmentDirectory().readSamples(image))
        #expect(samples.invalid == damage.invalid)
        #expect(try history(image, tick: 30)?.sites.count == damage.sites)
    }

    @Test func `may begin at any time`() throws {
        for since: UInt64 in [0, 1, 7_000_000_001, 1 << 63, .max] {
            var image = SampleImage()
            image.image.set(224, since, 8)
            let samples = try #require(try SegmentDirectory().readSamples(image))
            let history = samples.history(until: 7_000_000_000, place: [0: 0])
            #expect((history == nil) == (since == 0 || since >= 7_000_000_000))
            #expect(history?.sites.allSatisfy { $0.levels.count <= 16 } ?? true)
        }
    }
}
