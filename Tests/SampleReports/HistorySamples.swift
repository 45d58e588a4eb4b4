package import MemoryModel

/// Made-up readings of processes that were seen for a while.
extension Sample {
    /// A leak of 12 MiB/min, for 48 min.
    package static let growing: Report = {
        var report = Sample.report(
            command: ["/srv/bin/ingest", "--follow"],
            ledger: [
                .heapLive: .mebibytes(612), .heapRetained: .mebibytes(6), .heapFragmented: .mebibytes(11),
                .mappings: .mebibytes(4), .stacks: .kibibytes(240), .moduleData: .kibibytes(800),
                .files: .mebibytes(9), .silt: .kibibytes(900), .kernel: .kibibytes(8),
            ],
            verdict: Verdict(
                kind: .leak, bytes: .mebibytes(576), share: 0.9,
                summary:
                    "The live heap has grown 12.0 MiB/min for 48 min, to 612 MiB, and nothing came back: a leak, or a "
                    + "cache without a bound.",
                remedies: [
                    Verdict.Remedy(kind: .lasting, action: "Find what allocates it and free it.", predicted: nil)
                ]),
            tunables: Tunables())
        report.process.uptimeSeconds = 2_900
        report.history = history(step: 60, places: 60) { minutesAgo in
            guard minutesAgo <= 48 else { return nil }
            return (612 - 12 * minutesAgo, 643 - 12 * minutesAgo)
        }
        report.trend = Trend(
            seconds: 2_880, live: Trend.Movement(.growing, seconds: 2_880, rate: 12 * 1_048_576 / 60),
            rss: Trend.Movement(.growing, seconds: 2_880, rate: 12 * 1_048_576 / 60), isAtPeak: true)
        report.managed.unmanagedOld = report.rss - .mebibytes(6)
        report.managed.unmanagedRecent = .mebibytes(6)
        return report
    }()

    /// Bursts in its first hours, then next to nothing, and two hours in which it was not seen.
    package static let plateau: Report = {
        var report = retention
        report.process.highWater = nil
        report.process.uptimeSeconds = 90_000
        report.history = history(step: 3_600, places: 48) { hoursAgo in
            guard hoursAgo <= 25, !(7...8).contains(hoursAgo) else { return nil }
            let burst = hoursAgo > 14 ? (Double(Int(hoursAgo) * 37 % 100) + 90) : 10
            return (burst, hoursAgo > 14 ? max(60, min(212, 400 - 12 * hoursAgo)) : 212)
        }
        report.trend = Trend(
            seconds: 90_000, live: Trend.Movement(.flat, seconds: 50_400),
            rss: Trend.Movement(.flat, seconds: 54_000), isAtPeak: true)
        report.managed.unmanagedOld = report.rss
        report.managed.unmanagedRecent = 0
        return report
    }()

    /// A history with one series of these figures, live and RSS in MiB.
    private static func history(
        step: Int, places: Int, _ figures: (Double) -> (live: Double, rss: Double)?
    ) -> History {
        func bytes(_ mebibytes: Double) -> ByteCount { ByteCount(Int(mebibytes * 1_048_576)) }
        return History(
            series: [(1, 60), (60, 60), (3_600, 48)].map { own, count in
                History.Series(
                    step: own,
                    moments: (0..<count).map { place in
                        let ago = Double(count - 1 - place)
                        guard own == step || ago < 2, let now = figures(own == step ? ago : 0) else { return nil }
                        return History.Moment(
                            age: ago * Double(own), live: bytes(now.live), liveBlocks: 81_920,
                            rss: History.Resident(bytes(now.rss)))
                    })
            })
    }
}
