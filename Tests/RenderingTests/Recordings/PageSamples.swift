import MemoryModel
import SampleReports

/// Made-up recordings.
enum RecordingSample {
    /// What a process holds at a time, as rows in the order of ``Cause``.
    typealias Rows = [Cause: ByteCount]

    /// A Python worker that warms up, decodes a burst, and keeps what it freed; with two children, one of them lost.
    static let worker: Recording = {
        let command = Sample.retention.process.command
        var worker = process(0, pid: 4242, command: command, from: 0.02, to: 12.4, every: 0.1) { burst($0) }
        worker.ending = .exit
        worker.highWater = .mebibytes(259)
        worker.moments = [
            moment(.mark("warm"), 2.5, Sample.healthy, burst(2.5)),
            moment(.peak, 7.0, held, burst(7.0)),
            moment(.mark("decoded"), 7.5, held, burst(7.5)),
            moment(.fragmentation, 8.6, Sample.leftBehind, burst(8.6)),
            moment(.end, 12.4, Sample.leftBehind, burst(12.4)),
        ]
        var child = process(1, pid: 4250, command: command + ["--child"], from: 3, to: 9.5, every: 0.1) { seconds in
            [.heapLive: .mebibytes(Int(4 + seconds)), .files: .mebibytes(5), .stacks: .kibibytes(132)]
        }
        child.parent = 4242
        child.ending = .lost
        child.moments = [moment(.peak, 9.4, Sample.healthy, [.heapLive: .mebibytes(13), .files: .mebibytes(5)])]
        var tool = process(2, pid: 4251, command: ["/usr/bin/gzip", "-9", "out.json"], from: 9, to: 9.2, every: 0.1) {
            _ in [.heapLive: .kibibytes(400), .files: .mebibytes(1)]
        }
        tool.parent = 4242
        return Recording(
            version: "0.1.0", command: command,
            environment: [
                RecordedFact("cores", "2"), RecordedFact("kernel", "6.1.0-18-amd64"),
                RecordedFact("libc", "glibc 2.36"),
                RecordedFact("MALLOC_ARENA_MAX", "2"),
            ],
            startedAt: 1_764_273_600, processes: [child, worker, tool],
            end: Recording.End(seconds: 12.5, status: .exited(0)))
    }()

    /// The same, ended while it was running; nobody looked at it for some seconds.
    static let cutOff: Recording = {
        var recording = worker
        recording.end = nil
        recording.processes = [recording.processes[1]]
        recording.processes[0].series.points.removeAll { (4..<6.3).contains($0.seconds) || $0.seconds > 11 }
        recording.processes[0].moments.removeLast()
        recording.processes[0].endSeconds = nil
        recording.processes[0].ending = nil
        recording.degraded = ["cut-off", "of-a-later-version"]
        return recording
    }()

    /// As large as recordings become.
    static let large: Recording = {
        let processes = (0..<20).map { index in
            func rows(_ seconds: Double) -> Rows {
                let phase = Int(seconds) % 300
                return [
                    .heapLive: .mebibytes(40 + phase / (index + 2)), .heapRetained: .mebibytes(phase % 60),
                    .heapFragmented: .mebibytes(20 + (phase * 7919) % 23), .mappings: .mebibytes(2 * index),
                    .files: .mebibytes(9),
                ]
            }
            var one = process(
                index, pid: 5000 + index, command: ["/srv/bin/worker", "--shard", "\(index)"], from: Double(index),
                to: 3600, every: 1.8, rows: rows)
            one.moments = (1...40).map { mark in
                let seconds = Double(mark) * 80
                return moment(.mark("iteration"), seconds, Sample.healthy, rows(seconds))
            }
            return one
        }
        return Recording(
            command: ["/srv/bin/server"], processes: processes, end: Recording.End(seconds: 3600, status: .signaled(15))
        )
    }()

    /// Every text that a stranger wrote tries to be markup.
    static let hostile: Recording = {
        let names = ["</script><script>alert(1)</script>", "<!--", "&amp;<b>&#x41;", "\u{202E}\u{2028}\0", "__proto__"]
        var report = Sample.leaking
        report.process.command = names
        report.verdict.summary = names[0]
        report.verdict.remedies = [Verdict.Remedy(kind: .now, action: names[2], predicted: nil)]
        report.coverage.degraded = names
        report.ledger[Cause.allCases.firstIndex(of: .mappings)!].owners = names.map {
            LedgerRow.Owner(name: $0, bytes: .mebibytes(1))
        }
        report.sites?.holds = SiteAnswer(
            .holds, total: report.rss, estimate: Estimate(1 << 20), samples: 1,
            groups: names.map { SiteGroup(frames: [Frame(function: $0, file: $0, line: 1)], bytes: Estimate(1 << 20)) })
        var hostile = process(0, pid: -1, command: names, from: 0, to: 1, every: 0.1) { _ in [.heapLive: 4096] }
        hostile.series.points += [
            LedgerSeries.Point(seconds: .nan, rss: 1, live: 1),
            LedgerSeries.Point(seconds: 2, rss: 1, live: 1, rows: []),
            LedgerSeries.Point(seconds: 1.5, rss: ByteCount(.max), live: ByteCount(.max)),
        ]
        hostile.moments = names.map { moment(.mark($0), 0.5, report, [:]) }
        hostile.highWater = ByteCount(.min)
        return Recording(
            version: names[0], command: names, environment: names.map { RecordedFact($0, $0) }, startedAt: .infinity,
            processes: [hostile], end: Recording.End(seconds: .nan, status: .exited(-1)), degraded: names)
    }()

    /// The worker at its peak: all is in use.
    private static let held: Report = {
        var report = Sample.run.peak
        report.sites = SiteReport(mean: 512 << 10, holds: Sample.pinned.sites!.holds)
        report.sites?.mappings = [MappingSite(frames: [Sample.stripped, Sample.main], bytes: .mebibytes(5), count: 2)]
        return report
    }()

    /// The rows of the worker at a time: up to 231 MiB live, then most of them retained.
    private static func burst(_ seconds: Double) -> Rows {
        let part = max(0, min(1, (seconds - 2.5) / 4.5))
        let freed = max(0, min(1, (seconds - 7.5) / 0.8))
        let live = 12 + 219 * part - 221 * part * freed
        let left = 219 * part * freed
        return [
            .heapLive: .kibibytes(Int(live * 1024)), .heapRetained: .kibibytes(Int(left * 0.84 * 1024)),
            .heapKept: .kibibytes(Int(left * 0.03 * 1024)), .heapFragmented: .kibibytes(Int((1 + left * 0.13) * 1024)),
            .mappings: .mebibytes(seconds < 1 ? 1 : 9), .stacks: .kibibytes(132), .moduleData: .kibibytes(1_420),
            .files: .kibibytes(Int(min(1, seconds / 0.6) * 5_812)), .silt: .kibibytes(640), .kernel: .kibibytes(4),
        ]
    }

    /// A process whose rows are read at every fourth look.
    static func process(
        _ index: Int, pid: Int, command: [String], from start: Double, to end: Double, every interval: Double,
        rows: (Double) -> Rows
    ) -> RecordedProcess {
        let looks = Int(((end - start) / interval).rounded(.down))
        let points = (0...looks).map { look in
            let seconds = start + Double(look) * interval
            let rows = rows(seconds)
            let all = Cause.allCases.map { rows[$0] ?? 0 }
            return LedgerSeries.Point(
                seconds: seconds, rss: all.reduce(0, +), live: rows[.heapLive] ?? 0, rows: look % 4 == 0 ? all : nil)
        }
        return RecordedProcess(
            index: index, pid: pid, command: command, startSeconds: start, endSeconds: end,
            series: LedgerSeries(points: points))
    }

    /// A report of these rows, with the verdict and the code of another.
    static func moment(_ kind: RecordedMoment.Kind, _ seconds: Double, _ model: Report, _ rows: Rows) -> RecordedMoment
    {
        var report = model
        guard !rows.isEmpty else { return RecordedMoment(kind, seconds: seconds, report: report) }
        let owners = model.ledger.first { $0.cause == .mappings }?.owners ?? []
        let kept = rows[.mappings] == owners.reduce(0) { $0 + $1.bytes } ? owners : []
        report.ledger = Cause.allCases.map {
            LedgerRow(cause: $0, bytes: rows[$0] ?? 0, owners: $0 == .mappings ? kept : [])
        }
        report.rss = rows.values.reduce(0, +)
        report.swap = 0
        report.heap.live = rows[.heapLive] ?? 0
        if report.verdict.kind == .retention {
            report.verdict.bytes = rows[.heapRetained] ?? 0
            report.verdict.share = report.verdict.bytes.share(of: report.rss)
        }
        return RecordedMoment(kind, seconds: seconds, report: report)
    }
}
