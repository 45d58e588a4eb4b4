import Foundation
import MemoryModel
import Segment
import System
import Testing

/// What the core writes of the time before, at times that the scenario makes up, against a model.
struct `The history` {
    /// What the scenario `moments` does, told a second time: the first look in a second counts, a minute and an hour have
    /// the last look and the extremes of those that counted.
    private struct Model {
        var moments: [(nanoseconds: UInt64, live: Int)] = []

        init(began: UInt64, looks: Int, step: UInt64) {
            var blocks = 0
            var due: UInt64 = 0
            for look in 0..<looks {
                blocks += 1
                if look % 7 == 6 { blocks = min(blocks, look / 7 + 1) }
                let now = began + UInt64(look) * step * 1_000_000
                guard now >= due else { continue }
                moments.append((now, blocks))
                due = (now / 1_000_000_000 + 1) * 1_000_000_000
            }
        }

        func series(step: Int, places: Int, now: UInt64) -> [History.Moment?] {
            let period = UInt64(step) * 1_000_000_000
            var series = [History.Moment?](repeating: nil, count: places)
            for (number, group) in Dictionary(grouping: moments, by: { $0.nanoseconds / period }) {
                let ago = Int(now / period - number)
                guard ago < places, let last = group.last else { continue }
                series[places - 1 - ago] = History.Moment(
                    age: Double(now - last.nanoseconds) / 1e9,
                    span: Double((last.nanoseconds - group[0].nanoseconds) / 1_000_000) / 1000,
                    live: ByteCount(last.live * 1000),
                    lowestLive: ByteCount(group.map(\.live).min()! * 1000),
                    highestLive: ByteCount(group.map(\.live).max()! * 1000), liveBlocks: last.live)
            }
            return series
        }
    }

    @Test(arguments: [(10, 100), (70, 300), (200, 1_000), (900, 11_000), (3_000, 61_000), (500, 400_000), (1, 1)])
    func `has the last 60 s, 60 min and 48 h`(looks: Int, milliseconds: Int) throws {
        let scratch = try Scratch()
        let scenario = try Scenario("moments", directory: scratch.path, [looks, milliseconds])
        _ = try scenario.ready()
        let began = try #require(scenario.number("began"))
        #expect(scenario.said.last == "errno kept")
        let model = Model(began: began, looks: looks, step: UInt64(milliseconds))
        for pause in [0, 1_500, 3_700_000, 200_000_000] as [UInt64] {
            let now = began + (UInt64(looks - 1) * UInt64(milliseconds) + pause) * 1_000_000
            var read = try #require(try history(of: scenario.pid, now: now))
            let rss = read.series.flatMap(\.moments).compactMap { $0?.rss }
            #expect(rss.allSatisfy { (ByteCount.kibibytes(512)...(.mebibytes(64))).contains($0.last) })
            for index in read.series.indices {
                for place in read.series[index].moments.indices {
                    #expect(read.series[index].moments[place].map { $0.rss != nil } != false)
                    read.series[index].moments[place]?.rss = nil
                }
            }
            #expect(read.series.map(\.step) == [1, 60, 3_600])
            for (series, places) in zip(read.series, [60, 60, 48]) {
                #expect(series.moments == model.series(step: series.step, places: places, now: now))
            }
        }
        #expect(try scenario.end() == 0)
    }

    @Test func `is empty before the first second is over`() throws {
        let scratch = try Scratch()
        let scenario = try Scenario("holding", directory: scratch.path)
        _ = try scenario.ready()
        #expect(try history(of: scenario.pid, now: .max) == nil)
        #expect(try scenario.end() == 0)
    }

    @Test(arguments: [0, 1]) func `of a child is its own`(kind: Int) throws {
        let scratch = try Scratch()
        let scenario = try Scenario("moments-of-children", directory: scratch.path, [kind])
        _ = try scenario.ready()
        let began = try #require(scenario.number("began"))
        let child = Int32(try #require(scenario.number("child")))
        func seconds(_ pid: Int32) throws -> [[ByteCount]] {
            try #require(try history(of: pid, now: began + 120_000_000_000)).series.dropFirst().map {
                $0.moments.compactMap { $0?.live }
            }
        }
        #expect(try seconds(scenario.pid) == [[3000], [3000]])
        #expect(try seconds(child) == [[4000], [4000]])
        #expect(try scenario.end() == 0)
        #expect(try scratch.names() == [])
    }

    @Test func `is not written by a child that shares the memory`() throws {
        let scratch = try Scratch()
        let scenario = try Scenario("moments-of-children", directory: scratch.path, [2])
        _ = try scenario.ready()
        let began = try #require(scenario.number("began"))
        let read = try #require(try history(of: scenario.pid, now: began + 120_000_000_000))
        #expect(read.series.map { $0.moments.count { $0 != nil } } == [0, 1, 1])
        #expect(try scenario.end() == 0)
    }

    @Test func `has a gap in RSS where no descriptor is left`() throws {
        let scratch = try Scratch()
        let scenario = try Scenario("moments-unread", directory: scratch.path)
        _ = try scenario.ready()
        #expect(scenario.said.first == "errno kept")
        let began = try #require(scenario.number("began"))
        let read = try #require(try history(of: scenario.pid, now: began + 2_000_000_000))
        #expect(read.series[0].moments.suffix(3).map { $0?.rss != nil } == [true, false, true])
        #expect(read.series[0].moments.suffix(3).allSatisfy { $0 != nil })
        let minute = try #require(read.series[1].moments.last ?? nil)
        #expect(try #require(minute.rss).lowest > 0)
        #expect(try scenario.end() == 0)
    }

    /// SECCOMP_MODE_STRICT kills for anything but read, write and exit: the scenario's end tells.
    @Test func `goes on without a system call, and without RSS, under a seccomp filter`() throws {
        let scratch = try Scratch()
        let scenario = try Scenario("moments-confined", directory: scratch.path)
        _ = try scenario.ready()
        let began = try #require(scenario.number("began"))
        let read = try #require(try history(of: scenario.pid, now: began + 99_000_000_000))
        #expect(read.series[0].moments.allSatisfy { $0 != nil && $0?.rss == nil })
        #expect(try scenario.end() == 0)
    }

    @Test func `is whole at any time while threads and signal handlers write it`() throws {
        let scratch = try Scratch()
        let scenario = try Scenario("moments-under-load", directory: scratch.path)
        _ = try scenario.ready()
        let began = try #require(scenario.number("began"))
        try scenario.go()
        let end = began + 4_000_000_000_000
        for _ in 0..<200 {
            guard let read = try history(of: scenario.pid, now: end) else { continue }
            for moment in read.series.flatMap(\.moments).compactMap(\.self) {
                #expect(moment.live == 0 && moment.rss.map { $0.lowest > 0 } == true)
            }
        }
        _ = try scenario.ready()
        let last = try #require(scenario.number("last"))
        let read = try #require(try history(of: scenario.pid, now: last))
        // Whoever comes while another writes leaves it, and a made-up second may be over before its writer is.
        #expect(read.series.allSatisfy { $0.moments.contains { $0 != nil } })
        #expect(try scenario.end() == 0)
    }

    private func history(of pid: Int32, now: UInt64) throws -> History? {
        let mapping = try #require(try segmentMapping(of: pid))
        let root = try Descriptor.open("/proc/\(pid)/root", flags: O_DIRECTORY)
        let file = try SegmentFile.open(mapping: mapping, root: root, pid: Int(pid), owner: User.effective)
        return try file.readHistory(now: now)
    }
}

extension Scenario {
    /// A number that it said.
    fileprivate func number(_ name: String) -> UInt64? {
        said.last { $0.hasPrefix(name + " ") }.flatMap { UInt64($0.dropFirst(name.count + 1)) }
    }
}
