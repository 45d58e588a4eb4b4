extension RunReport {
    /// What a recording says of the processes that were read: the highest RSS of each, and its last reading.
    package init(_ recording: Recording) {
        self.init(command: recording.command, processes: recording.processes.compactMap(ProcessRun.init))
    }
}

extension ProcessRun {
    /// `nil` where it was never read. Of one whose end was not seen the last reading is taken for it.
    package init?(_ process: RecordedProcess) {
        guard let last = process.latest?.report else { return nil }
        let peak = process[MomentName(.peak)]?.report ?? last
        self.init(peak: peak, last: last, ending: process.ending ?? .lost, parent: process.parent)
    }
}

extension Recording {
    /// What a run report has, as a recording without series.
    package init(_ run: RunReport) {
        self.init(
            command: run.command,
            processes: run.processes.enumerated().map { index, process in
                RecordedProcess(
                    index: index, pid: process.last.process.pid, parent: process.parent,
                    command: process.last.process.command, ending: process.ending,
                    highWater: process.last.process.highWater ?? process.peak.rss,
                    moments: [
                        RecordedMoment(.peak, seconds: process.peak.process.uptimeSeconds, report: process.peak),
                        RecordedMoment(.end, seconds: process.last.process.uptimeSeconds, report: process.last),
                    ])
            })
    }

    /// One report, as a recording of one moment.
    package init(_ report: Report) {
        let moment = RecordedMoment(.end, seconds: report.process.uptimeSeconds, report: report)
        self.init(
            command: report.process.command,
            processes: [
                RecordedProcess(
                    index: 0, pid: report.process.pid, command: report.process.command,
                    highWater: report.process.highWater ?? report.rss, moments: [moment])
            ])
    }
}

extension RecordedProcess {
    /// What is meant where no moment is named: its end, or how far it was seen.
    package var latest: RecordedMoment? { self[MomentName(.end)] ?? moments.last }

    /// Of all that was seen of it.
    package var highestRSS: ByteCount {
        max(moments.map(\.report.rss).max() ?? 0, series.points.map(\.rss).max() ?? 0, isCovered ? 0 : highWater)
    }

    /// All moments, each with the name that finds it. Only a mark that was set more than once has a number.
    package var namedMoments: [(name: MomentName, moment: RecordedMoment)] {
        let totals = Dictionary(moments.map { ($0.kind, 1) }, uniquingKeysWith: +)
        var counts: [RecordedMoment.Kind: Int] = [:]
        return moments.map { moment in
            counts[moment.kind, default: 0] += 1
            let occurrence = totals[moment.kind] == 1 ? nil : moment.number ?? counts[moment.kind]
            return (MomentName(moment.kind, occurrence: occurrence), moment)
        }
    }
}
