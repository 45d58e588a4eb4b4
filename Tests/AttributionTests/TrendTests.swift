import MemoryModel
import TestSupport
import Testing

@testable import Attribution

/// A program whose course is known.
struct TrendCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// When it is read.
    var seconds: Int
    var course: Trend.Course
    /// For how long it must be said to last.
    var lasts: ClosedRange<Double>
    /// MiB a minute; 0 for none.
    var rate = 0.0
    var verdict: Verdict.Kind = .healthy
    var isSeen: @Sendable (Int) -> Bool = { _ in true }
    /// Live MiB by seconds.
    var live: @Sendable (Double) -> Double

    var model: HistoryModel {
        HistoryModel(
            figures: { time in
                let live = live(time)
                return (live, live + 1)
            }, isSeen: isSeen)
    }
}

/// Rises from 0 to 1 and falls to 0 at once, once in a period.
private func sawtooth(_ time: Double, period: Double) -> Double {
    (time / period) - (time / period).rounded(.down)
}

@Suite struct `The course of live bytes` {
    static let cases = [
        TrendCase(
            testDescription: "a leak", seconds: 2_880, course: .growing, lasts: 2_800...2_880, rate: 12, verdict: .leak
        ) { 100 + $0 / 5 },
        TrendCase(
            testDescription: "a leak, seen for 8 s", seconds: 8, course: .growing, lasts: 6...8, rate: 300,
            verdict: .leak
        ) { 10 + $0 * 5 },
        TrendCase(
            testDescription: "a leak among much that comes and goes", seconds: 61, course: .growing, lasts: 55...61,
            rate: 60, verdict: .leak
        ) { 100 + $0 + 30 * sawtooth($0, period: 3.7) },
        TrendCase(
            testDescription: "a slow leak", seconds: 172_000, course: .growing, lasts: 150_000...172_800,
            rate: 1.0 / 60, verdict: .leak
        ) { 50 + $0 / 3_600 },
        TrendCase(
            testDescription: "a leak that began an hour ago", seconds: 172_000, course: .growing, lasts: 1_800...3_600,
            rate: 3, verdict: .leak
        ) { 100 + max(0, $0 - 168_400) / 20 },
        TrendCase(
            testDescription: "a leak that is seen every tenth second", seconds: 1_800, course: .growing,
            lasts: 1_700...1_800, rate: 6, verdict: .leak, isSeen: { $0 % 10 == 0 },
            live: { 50 + $0 / 10 }),
        TrendCase(
            testDescription: "a leak that stopped", seconds: 3_000, course: .flat, lasts: 1_400...1_560
        ) { 100 + min(1_500, $0) / 5 },
        TrendCase(testDescription: "a cache that is full", seconds: 60, course: .flat, lasts: 38...46) {
            20 + 200 * (1 - 1 / (1 + $0 * $0 * $0 / 100))
        },
        TrendCase(
            testDescription: "a cache that fills with ever fewer misses", seconds: 600, course: .flat, lasts: 200...420
        ) { 500 - 400 / (1 + $0 * $0 / 400) },
        TrendCase(testDescription: "a start, and nothing then", seconds: 400, course: .flat, lasts: 335...400) {
            min(200, 20 * $0)
        },
        TrendCase(
            testDescription: "a queue that fills and drains", seconds: 60, course: .varying, lasts: 55...60
        ) { 50 + 200 * sawtooth($0, period: 9) },
        TrendCase(
            testDescription: "a queue that fills and drains slowly", seconds: 50, course: .varying, lasts: 40...50
        ) { 50 + 200 * sawtooth($0, period: 19) },
        TrendCase(
            testDescription: "a batch a quarter of an hour", seconds: 90_000, course: .varying, lasts: 80_000...90_000
        ) { 50 + 200 * sawtooth($0, period: 900) },
        TrendCase(
            testDescription: "the same in the middle of a batch", seconds: 90_600, course: .varying,
            lasts: 80_000...90_600
        ) { 50 + 200 * sawtooth($0, period: 900) },
        TrendCase(
            testDescription: "a queue that drains", seconds: 300, course: .falling, lasts: 280...300, rate: -30
        ) { 400 - $0 / 2 },
        TrendCase(
            testDescription: "nothing at all, half the time unseen", seconds: 7_200, course: .flat,
            lasts: 7_000...7_200,
            isSeen: { $0 / 100 % 2 == 0 }, live: { _ in 300 }),
    ]

    @Test(arguments: cases) func `is told from the history`(_ example: TrendCase) throws {
        let report = attribute(example.model.snapshot(after: example.seconds))
        let trend = try #require(report.trend)
        #expect(trend.live.course == example.course)
        #expect(example.lasts.contains(trend.live.seconds), "\(trend.live.seconds) s")
        let rate = trend.live.rate * 60 / 1_048_576
        #expect(abs(rate - example.rate) <= abs(example.rate) * 0.1, "\(rate) MiB/min")
        #expect(report.verdict.kind == example.verdict, "\(report.verdict.summary)")
        if example.verdict == .leak {
            let summary = report.verdict.summary
            #expect(summary.contains("has grown") && summary.contains("a leak, or a cache"))
            let grown = Double(report.verdict.bytes.rawValue) / 1_048_576
            #expect(abs(grown - example.rate / 60 * trend.live.seconds) <= grown * 0.1 + 1)
        }
    }

    /// What a run saw does not count beside what the process itself saw for longer.
    @Test func `overrules what was seen from outside`() throws {
        let flat = try #require(Self.cases.first { $0.testDescription == "a start, and nothing then" })
        let growth = Growth(seconds: 3, liveAtStart: 0, liveAtEnd: .mebibytes(200), everFell: false)
        #expect(attribute(flat.model.snapshot(after: 400), growth: growth).verdict.kind == .healthy)
        #expect(attribute(flat.model.snapshot(after: 3), growth: growth).verdict.kind == .leak)
    }

    @Test(arguments: [0, 1, 3, 5]) func `is not told from a few moments`(seconds: Int) {
        let report = attribute(HistoryModel { (10 + $0 * 10, 50 + $0 * 10) }.snapshot(after: seconds))
        #expect(report.trend == nil && report.verdict.kind != .leak)
    }

    /// Figures without any order, about a level: of 1,000 such processes next to none may be said to leak.
    @Test func `is no growth by chance`() {
        var random = Randomness(seed: 7)
        var growing = 0
        var leaking = 0
        for _ in 0..<1_000 {
            var noise: [Double] = []
            var drift = 0.0
            for _ in 0..<400 {
                drift = drift * 0.7 + Double(random.number(0...100)) - 50
                noise.append(drift)
            }
            let figures = noise
            let report = attribute(
                HistoryModel { time in (40 + figures[Int(time)] / 10, 70) }
                    .snapshot(after: Int(random.number(20...399))))
            growing += report.trend?.live.course == .growing ? 1 : 0
            leaking += report.verdict.kind == .leak ? 1 : 0
        }
        #expect(growing <= 20, "\(growing) of 1,000")
        #expect(leaking <= 5, "\(leaking) of 1,000")
    }
}

@Suite struct `The course of RSS` {
    /// A burst that is freed after a minute, and kept: 20 MiB live, 200 MiB resident.
    static let burst = HistoryModel { time in
        time < 60 ? (20 + time * 3, 22 + time * 3) : (20, 200)
    }

    @Test func `tells a plateau from growth`() throws {
        let report = attribute(Self.burst.snapshot(after: 3_600))
        let trend = try #require(report.trend)
        #expect(trend.live.course == .flat && trend.rss?.course == .flat && trend.isAtPeak)
        #expect(report.verdict.kind == .retention)
        #expect(
            report.verdict.summary.hasSuffix(
                "The live heap has been flat for 59 min, RSS has been flat for 59 min, at its peak."),
            "\(report.verdict.summary)")
    }

    @Test func `is not at its peak when the kernel saw more`() throws {
        var snapshot = Self.burst.snapshot(after: 3_600)
        snapshot.process.highWater = .mebibytes(300)
        let report = attribute(snapshot)
        #expect(try #require(report.trend).isAtPeak == false)
        #expect(!report.verdict.summary.contains("peak"))
    }

    @Test func `says growth beside waste`() throws {
        let report = attribute(HistoryModel { (50 + $0 / 10, 300 + $0 / 10) }.snapshot(after: 600))
        #expect(report.verdict.kind == .retention)
        #expect(report.verdict.summary.hasSuffix("The live heap has grown 6.00 MiB/min for 10 min besides."))
    }
}

@Suite struct `Unmanaged memory` {
    /// Dask's definition, and that of the ledger: the parts are the whole.
    @Test(arguments: [(31, 100), (40, 100), (71, 102), (300, 200)])
    func `is old as far as it was there for 30 s`(seconds: Int, expected: Int) throws {
        // 100 MiB, from second 40 to 90 rising by 2 MiB a second.
        let model = HistoryModel { time in (10, 100 + 2 * max(0, min(50, time - 40))) }
        let report = attribute(model.snapshot(after: seconds))
        #expect(report.managed.unmanagedOld == .mebibytes(expected))
        let parts = try #require(report.managed.unmanagedOld) + (try #require(report.managed.unmanagedRecent))
        #expect(parts == report.rss && report.managed.unmanaged == report.rss && report.managed.managed == nil)
    }

    @Test func `is never more than there is now`() throws {
        let report = attribute(HistoryModel { time in (10, time < 299 ? 200 : 120) }.snapshot(after: 300))
        #expect(report.managed.unmanagedOld == .mebibytes(120) && report.managed.unmanagedRecent == 0)
    }

    @Test func `is not told apart where RSS was not read in that time`() {
        var model = HistoryModel { _ in (10, 100) }
        model.isSeen = { $0 < 69 }
        #expect(attribute(model.snapshot(after: 100)).managed.unmanagedOld == nil)
        #expect(attribute(model.snapshot(after: 98)).managed.unmanagedOld == .mebibytes(100))
        var unread = model.snapshot(after: 60)
        for index in unread.heap!.history!.series.indices {
            for place in unread.heap!.history!.series[index].moments.indices {
                unread.heap!.history!.series[index].moments[place]?.rss = nil
            }
        }
        #expect(attribute(unread).managed.unmanagedOld == nil)
        #expect(attribute(Snapshot([], [], HeapWitness())).managed.unmanagedOld == nil)
    }
}
