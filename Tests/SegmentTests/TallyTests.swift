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

    /// How many entries are left out and counted, and how many sites are left.
    @Test(
        arguments: [
            ("an unknown kind", 1, 0, { $0.site(1, kind: 9, born: 2, died: 1, tick: 0, levels: []) }),
            ("threads at a stack", 1, 0, { $0.site(1, kind: 3, born: 2, died: 1, tick: 0, levels: []) }),
            ("blocks at no stack", 1, 1, { $0.site(0, kind: 1, born: 2, died: 1, tick: 0, levels: []) }),
            ("more born than there can be", 1, 0, { $0.site(1, kind: 1, born: .max, died: 1, tick: 0, levels: []) }),
            ("no number", 1, 0, { $0.site(1, kind: 1, born: 9, died: 1, tick: 20, levels: [0, .nan]) }),
            ("no end", 1, 0, { $0.site(1, kind: 1, born: 9, died: 1, tick: 20, levels: [0, -.infinity]) }),
            (
                "a tick that has not come", 0, 0,
                { $0.site(1, kind: 1, born: 9, died: 1, tick: 0xffff_ffff, levels: []) }
            ),
            ("more died than were born", 0, 0, { $0.site(1, kind: 1, born: 1, died: 9, tick: 1, levels: [-4]) }),
            (
                "a stack that is not there", 0, 1,
                {
                    $0.site(60, kind: 1, born: 9, died: 1, tick: 1, levels: [])
                    $0.count(.sites, 64)
                }
            ),
        ] as [(String, Int, Int, @Sendable (inout SampleImage) -> Void)])
    func `may lie`(name: String, invalid: Int, sites: Int, change: @Sendable (inout SampleImage) -> Void) throws {
        var image = SampleImage()
        change(&image)
        let samples = try #require(try SegmentDirectory().readSamples(image))
        #expect(samples.invalid == invalid, "\(name)")
        #expect(try history(image, tick: 30)?.sites.count == sites, "\(name)")
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
