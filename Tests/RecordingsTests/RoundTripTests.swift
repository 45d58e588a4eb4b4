import JSONText
import MemoryModel
import Recordings
import Rendering
import SampleReports
import Testing

@Suite struct `What is written is read back` {
    @Test(arguments: Sample.reports.map(\.name), [true, false])
    func `of a report`(name: String, pretty: Bool) throws {
        let report = try #require(Sample.reports.first { $0.name == name }?.report)
        let text = report.json(pretty: pretty)
        let read = try readReport(Array(text.utf8))
        #expect(read.json(pretty: pretty) == text)
        // What no document has, no text may show: both look the same.
        #expect(read.text(TextStyle()) == report.text(TextStyle()))
        for question in SiteAnswer.Question.allCases {
            #expect(read.text(question, TextStyle()) == report.text(question, TextStyle()))
        }
        #expect(read.leaksText(TextStyle()) == report.leaksText(TextStyle()))
    }

    @Test func `of a run`() throws {
        let text = Sample.server.json(pretty: true)
        let read = try readRunReport(Array(text.utf8))
        #expect(read.json(pretty: true) == text)
        #expect(read.text(TextStyle()) == Sample.server.text(TextStyle()))
    }

    @Test func `of a recording`() throws {
        let recording = Sample.recording
        let read = try readRecording(Array(recording.lines.utf8))
        #expect(read.lines == recording.lines)
        #expect(read.processes.map(\.series) == recording.processes.map(\.series))
        #expect(read.end == recording.end && read.degraded == recording.degraded)
        #expect(read.environment == recording.environment && read.command == recording.command)
        #expect(read.processes.map(\.highWater) == recording.processes.map(\.highWater))
        #expect(read.processes.map(\.ending) == recording.processes.map(\.ending))
        #expect(read.processes.map { $0.moments.map(\.kind) } == recording.processes.map { $0.moments.map(\.kind) })
        let proofs = [recording, read].map { $0.processes[0].moments.last?.unreachable?.json(pretty: false) }
        #expect(proofs[0] != nil && proofs[0] == proofs[1])
    }

    /// What few recordings have.
    @Test func `of a process without the library, of marks with numbers, and of a proof that failed`() throws {
        var recording = Sample.recording
        let index = recording.processes.count
        var uncovered = RecordedProcess(
            index: index, pid: 77, parent: 1, command: ["tool"], isCovered: false, endSeconds: 2, ending: .lost,
            highWater: .mebibytes(5))
        uncovered.series.points = [LedgerSeries.Point(seconds: 1, rss: .mebibytes(4), live: 0)]
        recording.processes.append(uncovered)
        let mark = try #require(recording.processes[0].moments.firstIndex { $0.isMark })
        for (place, moment) in recording.processes[0].moments.enumerated() where moment.isMark {
            recording.processes[0].moments[place].number = 12 + place - mark
        }
        recording.processes[0].moments[mark].proofFailure = "it would not be traced"
        let read = try readRecording(Array(recording.lines.utf8))
        #expect(read.lines == recording.lines)
        #expect(read.processes.map(\.isCovered) == recording.processes.map(\.isCovered))
        #expect(read.processes[index].highestRSS == .mebibytes(5))
        #expect(read.processes[0].moments[mark].number == 12)
        #expect(read.processes[0].moments[mark].proofFailure == "it would not be traced")
    }

    /// Of a short process one reading is the peak, has the most free heap, and is the end.
    @Test func `of one reading that is several moments, which is written once`() throws {
        var recording = Sample.recording
        var moment = try #require(recording.processes[0].moments.last)
        moment.unreachable = nil
        recording.processes[0].moments = [RecordedMoment.Kind.peak, .fragmentation, .end].map { kind in
            moment.kind = kind
            return moment
        }
        let lines = recording.lines.split(separator: "\n").filter { $0.contains("\"line\":\"moment\",\"process\":0,") }
        #expect(lines.count == 1)
        let read = try readRecording(Array(recording.lines.utf8))
        #expect(read.lines == recording.lines)
        #expect(read.processes[0].moments.map(\.kind) == [.peak, .fragmentation, .end])
    }

    @Test func `of whichever kind a file is`() throws {
        for pretty in [true, false] {
            let report = try SavedFile(Array(Sample.pinned.json(pretty: pretty).utf8))
            if case .report = report {} else { Issue.record("a report, pretty: \(pretty)") }
            let run = try SavedFile(Array(Sample.server.json(pretty: pretty).utf8))
            if case .run = run {} else { Issue.record("a run, pretty: \(pretty)") }
        }
        let recording = try SavedFile(Array(Sample.recording.lines.utf8))
        if case .recording = recording {} else { Issue.record("a recording") }
    }
}
