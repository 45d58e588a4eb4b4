import Capture
import MemoryModel
import Testing

struct `The live heap of a watched process` {
    static func growth(_ points: [(Int64, ByteCount)]) -> Growth? {
        var series = LiveSeries()
        for (nanoseconds, live) in points { series.note(live, nanoseconds: nanoseconds) }
        return series.growth
    }

    @Test func `moves from the first point to the last`() {
        let growth = Self.growth([(1_000_000_000, 100), (2_000_000_000, 300), (3_500_000_000, 290)])
        #expect(
            growth
                == Growth(seconds: 2.5, liveAtStart: 100, liveAtEnd: 290, liveBeforeLastQuarter: 300, everFell: false))
    }

    @Test func `is known before the last quarter, however long the watch`() {
        let points = (0...100_000).map { (Int64($0), ByteCount($0)) }
        let growth = Self.growth(points)
        #expect(growth?.liveAtStart == 0 && growth?.liveAtEnd == 100_000)
        #expect((74_000...75_000).contains(growth?.liveBeforeLastQuarter.rawValue ?? 0))
    }

    @Test(arguments: [(950, false), (949, true), (0, true)])
    func `fell when it is more than 5 % below its peak`(_ live: Int, _ fell: Bool) {
        let growth = Self.growth([(0, 10), (1, 1000), (2, ByteCount(live)), (3, 2000)])
        #expect(growth?.everFell == fell)
    }

    @Test func `has no growth at one point`() {
        #expect(Self.growth([]) == nil)
        #expect(Self.growth([(5, 100)]) == nil)
    }
}

struct `The budget of full readings` {
    @Test(arguments: [Int64(1_000_000), 7_000_000, 90_000_000])
    func `is 2 % of a long time, and what was saved up`(_ cost: Int64) {
        var budget = ReadingBudget(share: 0.02, nanoseconds: 0)
        var spent: Int64 = 0
        var now: Int64 = 0
        while now < 100_000_000_000 {
            now += 50_000_000
            while budget.allows(at: now) {
                budget.spend(nanoseconds: cost)
                spent += cost
                now += cost
            }
        }
        #expect(spent >= 2_000_000_000 && spent <= 2_100_000_000 + 2 * cost)
    }

    @Test func `does not grow while nobody reads`() {
        var budget = ReadingBudget(share: 0.02, nanoseconds: 0)
        var allowed = [budget.allows(at: 3_600_000_000_000)]
        budget.spend(nanoseconds: 100_000_001)
        allowed += [budget.allows(at: 3_600_000_000_000), budget.allows(at: 3_600_000_001_000)]
        #expect(allowed == [true, false, true])
    }
}
