import MemoryModel
import System
import Testing

@testable import Segment

/// The live blocks of the table of samples, as a proof takes them.
struct `Live blocks of a segment` {
    private func blocks(_ image: SampleImage) throws -> (
        facts: SegmentFile.LiveBlockFacts?, found: [SegmentFile.LiveBlock]
    ) {
        let directory = try SegmentDirectory()
        try directory.write(image.image.bytes)
        var found: [SegmentFile.LiveBlock] = []
        let facts = try directory.open(directory.mapping()).forEachLiveBlock { found.append($0) }
        return (facts, found)
    }

    @Test func `are those that are live, with what a proof needs of them`() throws {
        let (facts, found) = try blocks(SampleImage())
        #expect(facts?.mean == 4096 && facts?.dropped == 5)
        #expect(found.map(\.chunk) == [0x1000, 0x3000, 0x5000])
        #expect(found.map(\.bytes) == [4112, 64, 64] && found.map(\.request) == [4100, 40, 48])
        #expect(found.map(\.stack) == [1, 2, 0])
    }

    @Test func `are none where nothing is sampled, or the table is damaged`() throws {
        var image = SampleImage()
        image.image.set(184, 0, 8)
        #expect(try blocks(image).facts == nil)
        var damaged = SampleImage()
        damaged.describe(.samples, field: 8, .max, 8)
        #expect(try blocks(damaged).facts == nil)
        var short = SampleImage()
        short.describe(.samples, field: 4, 8, 4)
        #expect(try blocks(short).found.isEmpty)
    }

    @Test func `pass on no block of nothing, and no request below nothing`() throws {
        var image = SampleImage()
        image.sample(0, address: 0x1000, bytes: 0)
        image.sample(1, address: 0x3000, bytes: 64, rest: 65535)
        image.sample(2, address: 0x5000, bytes: 64, state: 3)
        #expect(try blocks(image).found.map(\.request) == [0])
    }
}
