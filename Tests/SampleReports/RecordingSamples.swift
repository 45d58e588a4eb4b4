package import MemoryModel

/// Made-up recordings.
extension Sample {
    /// A worker that grew, was marked twice, and left what it freed; and a child that was killed.
    package static let recording: Recording = {
        var worker = RecordedProcess(
            index: 0, pid: 4242, command: retention.process.command, startSeconds: 0.012, endSeconds: 9.5,
            ending: .exit, highWater: .mebibytes(260), series: series(seconds: 9.4, peak: run.peak, end: retention))
        worker.moments = [
            RecordedMoment(.mark("warm"), seconds: 1.25, report: healthy),
            RecordedMoment(.peak, seconds: 4.75, report: run.peak),
            RecordedMoment(.mark("warm"), seconds: 6, report: threads),
            RecordedMoment(.fragmentation, seconds: 7.5, report: pinned),
            RecordedMoment(.end, seconds: 9.5, report: leftBehind, unreachable: leaked),
        ]
        var child = RecordedProcess(
            index: 1, pid: 4243, parent: 4242, command: ["/srv/bin/ingest", "zażółć\u{1B}[31m"], startSeconds: 2,
            endSeconds: 3.125, ending: .lost, highWater: .mebibytes(40),
            series: LedgerSeries(points: [LedgerSeries.Point(seconds: 2.1, rss: 4096, live: 0)]))
        child.moments = [RecordedMoment(.peak, seconds: 2.5, report: fragmentation)]
        return Recording(
            version: "0.1.0", command: retention.process.command,
            environment: [RecordedFact("cores", "2"), RecordedFact("kernel", "6.18.0")], startedAt: 1_795_809_546.5,
            intervalSeconds: 0.1, processes: [worker, child],
            end: Recording.End(seconds: 9.625, status: .exited(3)), degraded: ["recording-not-written"])
    }()

    /// A straight way up to the peak, and down to the end: every tenth look has rows.
    private static func series(seconds: Double, peak: Report, end: Report) -> LedgerSeries {
        LedgerSeries(
            points: (0...94).map { tenth in
                let part = tenth <= 47 ? Double(tenth) / 47 : Double(94 - tenth) / 47
                let (base, top) = tenth <= 47 ? (Sample.healthy, peak) : (end, peak)
                let rows = Cause.allCases.map { cause in
                    let (low, high) = (base.bytes(cause).rawValue, top.bytes(cause).rawValue)
                    return ByteCount(low + Int(Double(high - low) * part))
                }
                return LedgerSeries.Point(
                    seconds: Double(tenth) / 10, rss: rows.reduce(0, +), live: rows[0],
                    rows: tenth % 10 == 0 ? rows : nil)
            })
    }
}
