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
    private var unnamedMarks: [(index: Int, number: Int, reading: RunReading)] = []
    private var nextCheckpoint: Int64
    private var nextFlush: Int64 = 0
    private let line: LiveLine?

    /// Of all readings that are kept with their samples, so many at once: each has descriptors …
    private static let mostUnnamed = 64
    /// … and of their samples so many.
    private static let mostUnnamedSamples = 1 << 18
    /// Marks of one name in one process beyond so many say how much, and no longer who.
    private static let namedMarks = 16
    /// More than a report shows: what has grown may not have been among the first.
    private static let mostSites = 10
    /// What a killed silt leaves goes as far as this before its end.
    private static let flushNanoseconds: Int64 = 500_000_000
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
        case .began(let process, let pid, let parent, let time):
            begin(process, RecordedProcess(index: 0, pid: pid, parent: parent, command: []), time)
        case .beganUncovered(let process, let pid, let parent, let command, let time):
            begin(
                process, RecordedProcess(index: 0, pid: pid, parent: parent, command: command, isCovered: false), time)
        case .looked(let process, let time, let rss, let live):
            note(process, LedgerSeries.Point(seconds: seconds(time), rss: rss, live: live))
        case .read(let process, let reading): take(process, reading)
        case .ended(let process, let ending, let highWater, let time): end(process, ending, highWater, time)
        case .missed(let identifier): note(identifier)
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
        if let problem = file?.problem { note(problem) }
    }

    private func note(_ identifier: String) {
        if !recording.degraded.contains(identifier) { recording.degraded.append(identifier) }
    }

    /// Why the file is not what it should be, in a sentence; `nil` where it is.
    var failure: String? { file?.failure }

    private func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds - start) / 1e9 }

    // Processes ------------------------------------------------------------------------------------------------------

    /// - Parameter recorded: What is known of it, but for its place and its time.
    private func begin(_ process: Int, _ recorded: RecordedProcess, _ time: Int64) {
        var recorded = recorded
        recorded.index = recording.processes.count
        recorded.startSeconds = seconds(time)
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
        if let mark = reading.mark, let number = followed[process]?.number(ofMark: mark) {
            unnamedMarks.append((index, number, reading))
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
        if time >= nextFlush {
            for process in followed.keys { writePoints(of: process) }
            file?.flush()
            nextFlush = time + Self.flushNanoseconds
        }
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
        write(hasEnded ? [.peak, .fragmentation, .end] : [.peak, .fragmentation], of: process)
        if hasEnded { followed[process] = nil } else { write([.end], of: process, named: false) }
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

    /// One reading may be several moments, and names are dear.
    private func write(_ kinds: [RecordedMoment.Kind], of process: Int, named: Bool = true) {
        guard let index = followed[process]?.index else { return }
        var distinct: [(kinds: [RecordedMoment.Kind], reading: RunReading)] = []
        for kind in kinds {
            guard let reading = followed[process]?.letGo(of: kind) else { continue }
            if let same = distinct.firstIndex(where: { $0.reading.nanoseconds == reading.nanoseconds }) {
                distinct[same].kinds.append(kind)
            } else {
                distinct.append(([kind], reading))
            }
        }
        for (kinds, reading) in distinct {
            let known = recording.processes[index].moments.first {
                $0.seconds == seconds(reading.nanoseconds) && ($0.report.sites != nil || !named)
            }
            keep(known ?? moment(kinds[0], reading, named: named), as: kinds, of: index)
        }
    }

    /// Gives the marks their names, oldest first, but for those of which there are enough.
    private func nameMarks(all: Bool) {
        while let (index, number, reading) = unnamedMarks.first {
            let samples = unnamedMarks.reduce(0) { $0 + $1.reading.unnamedSamples }
            guard all || unnamedMarks.count > 8 || samples > Self.mostUnnamedSamples else { return }
            unnamedMarks.removeFirst()
            guard let name = reading.mark else { continue }
            let isLast = !unnamedMarks.contains { $0.index == index && $0.reading.mark == name }
            var mark = moment(.mark(name), reading, named: number <= Self.namedMarks || isLast)
            mark.number = number
            keep(mark: mark, of: index)
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
        switch reading.proved() {
        case .success(let proved): moment.unreachable = sited(proved)
        case .failure(let error): moment.proofFailure = error.message
        case nil: break
        }
        return moment
    }

    private func keep(mark: RecordedMoment, of index: Int) {
        guard recording.keep(mark: mark, of: index) else { return note("marks-full") }
        write(mark, [], of: index)
    }

    private func keep(_ moment: RecordedMoment, as kinds: [RecordedMoment.Kind], of index: Int) {
        let copies = kinds.map { kind in
            var copy = moment
            copy.kind = kind
            copy.number = nil
            return copy
        }
        recording.processes[index].moments.removeAll { kinds.contains($0.kind) }
        recording.processes[index].moments += copies
        write(copies[0], Array(kinds.dropFirst()), of: index)
    }

    private func write(_ moment: RecordedMoment, _ also: [RecordedMoment.Kind], of index: Int) {
        recording.processes[index].moments.sort { $0.seconds < $1.seconds }
        file?.append(RecordingLine.moment(process: index, moment, also: also))
        file?.compactWhereLarge(recording)
    }
}
