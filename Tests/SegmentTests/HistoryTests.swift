import MemoryModel
import Testing

@testable import Segment

/// The table of the history, appended to a valid segment: from the numbers of the format's description.
private struct HistoryImage {
    static let kind = 19
    static let entryBytes = 72
    static let entries = 60 + 60 + 48
    static let second: UInt64 = 1_000_000_000
    /// 100 days and a bit.
    static let now = 8_640_030 * second + 500_000_000

    var image = SegmentImage()
    private let place: Int

    init() {
        place = image.bytes.count
        image.bytes += [UInt8](repeating: 0, count: Self.entries * Self.entryBytes)
        image.set(24, UInt64(image.bytes.count), 8)
        describe(field: 0, UInt64(Self.kind), 4)
        describe(field: 4, UInt64(Self.entryBytes), 4)
        describe(field: 8, UInt64(place), 8)
        describe(field: 16, UInt64(Self.entries), 8)
        describe(field: 24, UInt64(Self.entries), 8)
    }

    mutating func describe(field: Int, _ value: UInt64, _ width: Int) {
        image.set(512 + 32 * Self.kind + field, value, width)
    }

    /// Time, live, least and most, blocks, RSS, least and most; milliseconds and sequence << 32.
    mutating func moment(_ index: Int, _ fields: [UInt64]) {
        for (word, value) in fields.enumerated() { image.set(place + index * Self.entryBytes + word * 8, value, 8) }
    }

    /// The moment of so many seconds ago, at its place in the ring of seconds.
    mutating func moment(secondsAgo ago: UInt64, live: UInt64, rss: UInt64 = 0) {
        let time = Self.now - ago * Self.second
        moment(Int(time / Self.second % 60), [time, live, live, live, 7, rss, rss, rss, 2 << 32])
    }

    func read(now: UInt64 = now) throws -> History? {
        let directory = try SegmentDirectory()
        try directory.write(image.bytes)
        return try directory.open(directory.mapping()).readHistory(now: now)
    }
}

struct `The history of a segment` {
    @Test func `is read whole`() throws {
        var image = HistoryImage()
        image.moment(secondsAgo: 0, live: 5000, rss: 9000)
        image.moment(secondsAgo: 2, live: 4000)
        image.moment(secondsAgo: 59, live: 3000, rss: 8000)
        let minute = HistoryImage.now - 90 * HistoryImage.second
        image.moment(
            60 + Int(minute / HistoryImage.second / 60 % 60), [minute, 30, 20, 40, 3, 200, 100, 300, 4 << 32 | 1_500])
        let hour = HistoryImage.now - 47 * 3600 * HistoryImage.second
        image.moment(120 + Int(hour / HistoryImage.second / 3600 % 48), [hour, 30, 20, 40, 3, 0, 0, 0, 6 << 32])
        let read = try #require(try image.read())
        #expect(read.series.map(\.step) == [1, 60, 3600])
        #expect(read.series.map(\.moments.count) == [60, 60, 48])
        #expect(read.series[0].moments.indices.filter { read.series[0].moments[$0] != nil } == [0, 57, 59])
        #expect(
            read.series[0].moments[59]
                == History.Moment(age: 0, live: 5000, liveBlocks: 7, rss: History.Resident(9000)))
        #expect(read.series[0].moments[57] == History.Moment(age: 2, live: 4000, liveBlocks: 7))
        #expect(
            read.series[1].moments.compactMap(\.self) == [
                History.Moment(
                    age: 90, span: 1.5, live: 30, lowestLive: 20, highestLive: 40, liveBlocks: 3,
                    rss: History.Resident(200, lowest: 100, highest: 300))
            ])
        #expect(read.series[2].moments[0]?.live == 30 && read.series[2].moments[0]?.rss == nil)
    }

    @Test func `may be missing`() throws {
        let directory = try SegmentDirectory()
        try directory.write(SegmentImage().bytes)
        #expect(try directory.open(directory.mapping()).readHistory(now: 1) == nil)
        for (field, value, width) in [(0, 0, 4), (4, 71, 4), (4, 9000, 4), (8, .max, 8), (16, .max, 8), (24, 0, 8)]
            as [(Int, UInt64, Int)]
        {
            var image = HistoryImage()
            image.moment(secondsAgo: 0, live: 5000)
            image.describe(field: field, value, width)
            #expect(try image.read() == nil)
        }
    }

    /// Each is one entry that a true writer cannot have left there: it is a gap, and the one beside it is not.
    @Test(arguments: [
        "time of the future", "time of long ago", "another place's time", "no time", "negative live bytes",
        "more live bytes than addresses", "least above last", "most below last", "negative blocks",
        "more RSS than addresses", "least RSS above last", "a span beyond the longest", "odd sequence",
    ])
    func `has a gap where an entry cannot be`(what: String) throws {
        var image = HistoryImage()
        image.moment(secondsAgo: 1, live: 1)
        var fields: [UInt64] = [HistoryImage.now, 50, 40, 60, 7, 500, 400, 600, 2 << 32]
        switch what {
        case "time of the future": fields[0] += 60 * HistoryImage.second
        case "time of long ago": fields[0] -= 60 * HistoryImage.second
        case "another place's time": fields[0] -= 1 * HistoryImage.second
        case "no time": fields[0] = 0
        case "negative live bytes": (fields[1], fields[2]) = (UInt64(bitPattern: -5), UInt64(bitPattern: -5))
        case "more live bytes than addresses": (fields[1], fields[3]) = (1 << 57, 1 << 57)
        case "least above last": fields[2] = 51
        case "most below last": fields[3] = 49
        case "negative blocks": fields[4] = .max
        case "more RSS than addresses": (fields[5], fields[7]) = (.max, .max)
        case "least RSS above last": fields[6] = 501
        case "a span beyond the longest": fields[8] |= 3_600_001
        default: fields[8] = 3 << 32
        }
        let place = Int(HistoryImage.now / HistoryImage.second % 60)
        var whole = image
        whole.moment(place, [HistoryImage.now, 50, 40, 60, 7, 500, 400, 600, 2 << 32])
        #expect(try whole.read()?.series[0].moments.count { $0 != nil } == 2, "the probe itself")
        image.moment(place, fields)
        #expect(try image.read()?.series[0].moments.map { $0?.live }.compactMap(\.self) == [1])
    }

    /// Seeded, so that what is found is found again.
    @Test(arguments: 0..<10) func `may be any bytes at all`(seed: UInt64) throws {
        var random = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func next() -> UInt64 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return random
        }
        for _ in 0..<50 {
            var image = HistoryImage()
            let edges: [UInt64] = [0, 1, 1 << 56, (1 << 56) + 1, 1 << 62, 1 << 63, .max, HistoryImage.now]
            for index in 0..<HistoryImage.entries {
                image.moment(
                    index,
                    (0..<9).map { word in
                        if word == 0, next() % 4 > 0 {
                            return HistoryImage.now &- next() % (200_000 * HistoryImage.second)
                        }
                        return next() % 2 == 0 ? edges[Int(next() % UInt64(edges.count))] : next() >> (next() % 64)
                    })
            }
            for now in [HistoryImage.now, 0, .max] {
                let read = try #require(try image.read(now: now))
                #expect(read == read.plausible)
                #expect(read.timeline.allSatisfy { $0.age >= 0 && $0.live >= 0 })
            }
        }
    }
}
