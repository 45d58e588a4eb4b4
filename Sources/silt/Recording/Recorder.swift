import Attribution
import Capture
import MemoryModel
import Rendering
import System

/// Makes a recording of what a run sees, in memory, and in a file while it goes.
///
/// What it may cost decides what it keeps. Readings hold samples, and descriptors to name them by: the names are found
/// when there is nothing else to do, or when readings become many.
final class Recorder {
    private(set) var recording: Recording
    private let start: Int64
    private var file: RecordingFile?
    /// By the run's number of the process, which is its index in the recording.
    private var followed: [Int: FollowedProcess] = [:]
    /// Marks whose code has no names yet, oldest first, each with the index of its process in the recording.
    private var unnamedMarks: [(index: Int, reading: RunReading)] = []
    private var nextCheckpoint: Int64
    private let line: LiveLine?

    /// Of all readings that are kept with their samples, so many at once: each has descriptors …
    private static let mostUnnamed = 64
    /// … and of their samples so many.
    private static let mostUnnamedSamples = 1 << 18
    /// Marks of one name in one process beyond so many say how much, and no longer who.
    private static let namedMarks = 16
    /// More than a report shows: what has grown may not have been among the first.
    private static let mostSites = 10
    /// What a killed silt leaves names its peaks as they were so long ago.
    private static let checkpointNanoseconds: Int64 = 15_000_000_000
    /// … and longer, where names take more than this part of the time.
    private static let checkpointShare = 0.002
    /// Points of all processes together: 100 bytes each at most.
    private static let mostPoints = 40_000

    /// - Parameters:
    ///   - file: Where the recording goes, in the end whole, and until then as far as it has come.
    ///   - line: What is told on a terminal meanwhile.
    init(_ recording: Recording, file: RecordingFile?, line: LiveLine?) {
        self.recording = recording
        self.file = file
        self.line = line
        start = Clock.monotonic()
        nextCheckpoint = start + Self.checkpointNanoseconds
    }

    /// What `followRun` tells.
    func follow(_ event: RunEvent) {
        switch event {
        case .began(let process, let pid, let parent, let time): begin(process, pid: pid, parent: parent, time)
        case .looked(let process, let time, let rss, let live):
            note(process, LedgerSeries.Point(seconds: seconds(time), rss: rss, live: live))
        case .read(let process, let reading): take(process, reading)
        case .ended(let process, let ending, let highWater, let time): end(process, ending, highWater, time)
        case .ticked(let time): tick(time)
        }
    }

    /// After the command's end.
    func finish(_ status: Recording.End.Status) {
        line?.clear()
        if recording.processes.isEmpty { file?.append(RecordingLine.start(recording)) }
        nameMarks(all: true)
        for process in followed.keys.sorted() { settle(process) }
        recording.end = Recording.End(seconds: seconds(Clock.monotonic()), status: status)
        file?.finish(recording)
        if let problem = file?.problem { recording.degraded.append(problem) }
    }

    /// Why the file is not what it should be, in a sentence; `nil` where it is.
    var failure: String? { file?.failure }

    private func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds - start) / 1e9 }

    // Processes ------------------------------------------------------------------------------------------------------

    private func begin(_ process: Int, pid: Int, parent: Int?, _ time: Int64) {
        let recorded = RecordedProcess(
            index: recording.processes.count, pid: pid, parent: parent, command: [], startSeconds: seconds(time))
        followed[process] = FollowedProcess(index: recorded.index)
        if recording.processes.isEmpty { file?.append(RecordingLine.start(recording)) }
        recording.processes.append(recorded)
        file?.append(RecordingLine.process(recorded))
    }

    private func note(_ process: Int, _ point: LedgerSeries.Point) {
        guard let index = followed[process]?.index else { return }
        recording.processes[index].series.points.append(point)
        followed[process]?.unwritten.append(point)
        let share = max(64, Self.mostPoints / recording.processes.count)
        if recording.processes[index].series.points.count > 2 * share {
            recording.processes[index].series = recording.processes[index].series.thinned(to: share)
        }
    }

    private func take(_ process: Int, _ reading: RunReading) {
        guard let index = followed[process]?.index else { return }
        let facts = reading.snapshot.process
        if recording.processes[index].command != facts.command {
            recording.processes[index].command = facts.command
            recording.processes[index].pid = facts.pid
            file?.append(RecordingLine.process(recording.processes[index]))
        }
        let report = attribute(reading.snapshot, growth: reading.growth)
        note(
            process,
            LedgerSeries.Point(
                seconds: seconds(reading.nanoseconds), rss: report.rss, live: report.heap.live,
                rows: Cause.allCases.map { report.bytes($0) }))
        followed[process]?.take(reading, report)
        settleWhileTooMuch()
        if reading.mark != nil {
            unnamedMarks.append((index, reading))
            nameMarks(all: false)
        }
    }

    private func end(_ process: Int, _ ending: ProcessRun.Ending, _ highWater: ByteCount, _ time: Int64) {
        guard let index = followed[process]?.index else { return }
        recording.processes[index].ending = ending
        recording.processes[index].endSeconds = seconds(time)
        recording.processes[index].highWater = highWater
        followed[process]?.hasEnded = true
        writePoints(of: process)
        file?.append(RecordingLine.ended(recording.processes[index]))
        if followed[process]?.readings.isEmpty == true { followed[process] = nil }
        settleWhileTooMuch()
    }

    private func tick(_ time: Int64) {
        for process in followed.keys { writePoints(of: process) }
        file?.flush()
        checkpoint(time)
        line?.show(seconds: seconds(time), followed.values.filter { !$0.hasEnded }.compactMap(\.latestReport))
    }

    private func writePoints(of process: Int) {
        guard let points = followed[process]?.unwritten, !points.isEmpty, let index = followed[process]?.index else {
            return
        }
        followed[process]?.unwritten = []
        file?.append(RecordingLine.points(process: index, points))
        file?.compactWhereLarge(recording)
    }

    // Moments --------------------------------------------------------------------------------------------------------

    /// Those that have ended first, then those that began first.
    private func settleWhileTooMuch() {
        while isTooMuchUnnamed {
            let holders = followed.filter { !$0.value.readings.isEmpty }
            guard let next = holders.min(by: { ($0.value.rank, $0.key) < ($1.value.rank, $1.key) }) else { return }
            settle(next.key)
        }
    }

    private var isTooMuchUnnamed: Bool {
        let readings = followed.values.flatMap(\.readings)
        return readings.count > Self.mostUnnamed
            || readings.reduce(0) { $0 + $1.unnamedSamples } > Self.mostUnnamedSamples
    }

    /// Writes down what a process came to, and lets go of its readings. The end of one that lives on is not worth names: it
    /// has another one before long.
    private func settle(_ process: Int) {
        let hasEnded = followed[process]?.hasEnded ?? true
        write([.peak, .fragmentation], of: process)
        write([.end], of: process, named: hasEnded)
        if hasEnded { followed[process] = nil }
    }

    /// Writes down the peaks so far. Names are dear: the next time is so far off that this one is a small share of it.
    private func checkpoint(_ time: Int64) {
        guard time >= nextCheckpoint else { return }
        let began = Clock.processor()
        nameMarks(all: true)
        for process in followed.keys { write([.peak, .fragmentation], of: process) }
        let pause = Double(Clock.processor() - began) / Self.checkpointShare
        nextCheckpoint = time + max(Self.checkpointNanoseconds, Int64(pause))
    }

    private func write(_ kinds: [RecordedMoment.Kind], of process: Int, named: Bool = true) {
        guard let index = followed[process]?.index else { return }
        for kind in kinds {
            guard let reading = followed[process]?.letGo(of: kind) else { continue }
            // One reading may be several moments, and names are dear.
            if var known = recording.processes[index].moments.first(where: {
                $0.seconds == seconds(reading.nanoseconds) && ($0.report.sites != nil || !named)
            }) {
                known.kind = kind
                keep(known, of: index)
            } else {
                keep(moment(kind, reading, named: named), of: index)
            }
        }
    }

    /// Gives the marks their names, oldest first, but for those of which there are enough.
    private func nameMarks(all: Bool) {
        while let (index, reading) = unnamedMarks.first {
            let samples = unnamedMarks.reduce(0) { $0 + $1.reading.unnamedSamples }
            guard all || unnamedMarks.count > 8 || samples > Self.mostUnnamedSamples else { return }
            unnamedMarks.removeFirst()
            guard let name = reading.mark else { continue }
            let earlier = recording.processes[index].moments(.mark(name)).count
            let isLast = !unnamedMarks.contains { $0.index == index && $0.reading.mark == name }
            keep(moment(.mark(name), reading, named: earlier < Self.namedMarks || isLast), of: index)
        }
    }

    private func moment(
        _ kind: RecordedMoment.Kind, _ reading: RunReading, named: Bool = true
    ) -> RecordedMoment {
        let snapshot = named ? reading.named() : reading.snapshot
        var report = attribute(snapshot, growth: reading.growth, sites: SiteOptions(limit: Self.mostSites))
        // The series tells it.
        report.history = nil
        var moment = RecordedMoment(kind, seconds: seconds(reading.nanoseconds), report: report)
        if case .success(let proved) = reading.proved() { moment.unreachable = sited(proved) }
        return moment
    }

    private func keep(_ moment: RecordedMoment, of index: Int) {
        if case .mark = moment.kind {
        } else {
            recording.processes[index].moments.removeAll { $0.kind == moment.kind }
        }
        recording.processes[index].moments.append(moment)
        recording.processes[index].moments.sort { $0.seconds < $1.seconds }
        file?.append(RecordingLine.moment(process: index, moment))
        file?.compactWhereLarge(recording)
    }
}
