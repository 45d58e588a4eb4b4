import MemoryModel
import Recordings
import Rendering
import SampleReports
import Testing

@Suite struct `A damaged recording` {
    static let start = RecordingLine.start(Sample.recording)
    static let process = RecordingLine.process(Sample.recording.processes[0])

    static func read(_ lines: String...) throws -> Recording {
        try readRecording(Array((start + process + lines.joined(separator: "\n") + "\n").utf8))
    }

    /// The smallest with a line of every kind.
    static let small: String = {
        var recording = Sample.recording
        recording.processes.removeFirst()
        recording.processes[0].moments[0].report = Sample.healthy
        return recording.lines
    }()

    /// All whole lines, wherever it ends.
    @Test func `is read up to where it was cut off`() throws {
        let bytes = Array(Self.small.utf8)
        let lineFeeds = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
        #expect(lineFeeds.count == 6, "start, process, points, moment, ended, end")
        for end in bytes.indices.map({ $0 + 1 }) {
            let lines = lineFeeds.prefix { $0 < end }.count
            guard lines > 0 else {
                #expect(throws: RecordingError.self) { try readRecording(Array(bytes[..<end])) }
                continue
            }
            let recording = try readRecording(Array(bytes[..<end]))
            #expect(recording.degraded == (lines < 6 ? ["cut-off"] : ["recording-not-written"]), "\(end) bytes")
            #expect(recording.processes.count == (lines < 2 ? 0 : 1), "\(end) bytes")
            #expect((recording.processes.first?.moments.count ?? 0) == (lines < 4 ? 0 : 1), "\(end) bytes")
        }
    }

    /// A bit of one byte in turn, with every kind of line among them.
    @Test func `never traps, and what is read can be written`() throws {
        let bytes = Array(Sample.recording.lines.utf8)
        for (round, index) in stride(from: 0, to: bytes.count, by: 211).enumerated() {
            var damaged = bytes
            damaged[index] ^= 1 << UInt8(round % 8)
            guard let recording = try? readRecording(damaged) else { continue }
            _ = recording.lines
        }
    }

    /// A trend divides by their differences.
    @Test(arguments: [[1, 1, 1], [3, 2, 1], [0, 1, 2], [1, nil, 1], [2, nil, nil], [1, 5, 9]])
    func `counts marks whose numbers do not rise`(numbers: [Int?]) throws {
        let lines = numbers.enumerated().map { place, number in
            let mark = RecordedMoment(
                .mark("loop"), number: number, seconds: Double(place), report: Sample.healthy)
            return RecordingLine.moment(process: 0, mark)
        }
        let recording = try Self.read(lines.joined())
        let rises = numbers == [1, 5, 9]
        #expect(recording.processes[0].numbered(.mark("loop")).map(\.number) == (rises ? [1, 5, 9] : [1, 2, 3]))
        #expect(recording.degraded.contains("lines-damaged") == !rises)
    }

    @Test func `loses only the lines that are damaged`() throws {
        let recording = try Self.read(
            "no JSON", #"{"line":"points","process":0,"points":[[1,2,3]]}"#, "", #"{"line":"moment","process":0}"#,
            #"{"process":0}"#, #"{"line":"of a later kind","process":0}"#)
        #expect(recording.processes[0].series.points == [LedgerSeries.Point(seconds: 1, rss: 2, live: 3)])
        #expect(recording.degraded == ["lines-damaged", "cut-off"])
    }

    @Test(arguments: [
        "[1,-1,3]", "[-1,2,3]", "[1,9223372036854775807,3]", "[1,9223372036854775808,3]", "[1e999,2,3]", "[null,2,3]",
        "[1,2.5,3]", "[1,2]", "[]", "7", "[1,2,3,4]", #"["1",2,3]"#, "[1,2,3,1,1,1,1,1,1,1,1,1,1,1,1e30]",
        "[1,2,3,1,1,1,1,1,1,1,1,1,1,1,1,1]",
    ])
    func `leaves out a point that cannot be`(point: String) throws {
        let recording = try Self.read(#"{"line":"points","process":0,"points":[\#(point),[2,3,4]]}"#)
        #expect(recording.processes[0].series.points.map(\.seconds) == [2])
        #expect(recording.degraded.contains("lines-damaged"))
    }

    @Test func `sorts points by time, and says so`() throws {
        let recording = try Self.read(#"{"line":"points","process":0,"points":[[2,1,1],[1,1,1],[3,1,1]]}"#)
        #expect(recording.processes[0].series.points.map(\.seconds) == [1, 2, 3])
        #expect(recording.degraded.contains("points-disordered"))
    }

    @Test func `takes any number for a process, and one line for each`() throws {
        let recording = try Self.read(
            #"{"line":"process","process":140737488355327,"pid":9,"parent":7,"command":["a"],"start_seconds":1}"#,
            #"{"line":"process","process":0,"pid":8,"parent":null,"command":["b"],"start_seconds":2}"#,
            #"{"line":"points","process":140737488355327,"points":[[1,2,3]]}"#,
            #"{"line":"points","process":5,"points":[[1,2,3]]}"#)
        #expect(recording.processes.map(\.pid) == [8, 9] && recording.processes.map(\.index) == [0, 1])
        #expect(recording.processes[0].command == ["b"] && recording.processes[1].series.points.count == 1)
        #expect(recording.degraded == ["lines-damaged", "cut-off"], "process 5 was not introduced")
    }

    @Test func `has no more processes and points than are read`() throws {
        var text = Self.start
        for number in 0..<70_000 {
            text += #"{"line":"process","process":\#(number),"pid":1,"command":[],"start_seconds":0}"# + "\n"
        }
        let points = Array(repeating: "[1,2,3]", count: 2_000).joined(separator: ",")
        let line = #"{"line":"points","process":0,"points":[\#(points)]}"# + "\n"
        text += String(repeating: line, count: 600) + #"{"line":"points","process":69999,"points":[]}"# + "\n"
        let recording = try readRecording(Array(text.utf8))
        #expect(recording.processes.count == 1 << 16 && recording.processes[0].series.points.count == 1 << 20)
        #expect(recording.degraded == ["processes-full", "points-full", "cut-off"])
    }

    /// The last of each kind counts, but for marks.
    @Test func `takes the last peak, and every mark`() throws {
        let peaks = [1.0, 2].map {
            RecordingLine.moment(process: 0, RecordedMoment(.peak, seconds: $0, report: Sample.healthy))
        }
        let marks = (0..<100).map {
            RecordingLine.moment(process: 0, RecordedMoment(.mark("m"), seconds: Double($0), report: Sample.healthy))
        }
        let recording = try Self.read((peaks + marks).joined())
        let moments = recording.processes[0].moments
        #expect(moments.count == 101 && moments.filter { $0.kind == .peak }.map(\.seconds) == [2])
        #expect(recording.processes[0].namedMoments.suffix(2).map(\.name.description) == ["m#99", "m#100"])
        #expect(recording.text(TextStyle()).contains("71 more between these"))
    }

    @Test func `is not recursed into, nor is a line of any length read`() throws {
        let deep = String(repeating: "[", count: 1 << 20)
        let long = #"{"line":"later","x":""# + String(repeating: "x", count: 100 << 20) + #""}"#
        let recording = try Self.read(deep, long, #"{"line":"points","process":0,"points":[[1,2,3]]}"#)
        #expect(recording.processes[0].series.points.count == 1)
        #expect(recording.degraded == ["lines-damaged", "cut-off"])
    }
}

@Suite struct `A file of a later version` {
    @Test func `is read as far as its words are known`() throws {
        let lines = Sample.recording.lines
            .replacing("\"heap.kept\"", with: "\"heap.later\"").replacing("\"retention\"", with: "\"regret\"")
            .replacing("\"line\":", with: "\"extra\":{\"a\":[1,null]},\"line\":")
        let recording = try readRecording(Array(lines.utf8))
        #expect(recording.degraded == ["recording-not-written", "later-version"])
        let points = zip(recording.processes[0].series.points, Sample.recording.processes[0].series.points)
        for (read, written) in points {
            #expect(read.bytes(.heapKept) ?? 0 == 0 && read.rows?.reduce(0, +) == written.rows?.reduce(0, +))
        }
        let end = try #require(recording.processes[0].moments(.end).first?.report)
        #expect(end.coverage.degraded.contains("later-version") && end.verdict.kind == .unknown)
        #expect(end.ledger.map(\.cause) == Cause.allCases && end.bytes(.heapKept) == 0)
        #expect(end.ledger.reduce(0) { $0 + $1.bytes } == end.rss)
        #expect(end.bytes(.unexplained) == Sample.leftBehind.bytes(.heapKept) + Sample.leftBehind.bytes(.unexplained))
    }

    @Test(arguments: [
        ("", "it is empty"), ("silt", "it has no whole line"), ("silt\n", "line 1: it is no JSON"),
        ("{}\n", "'schema' is missing"), ("[]\n", "'schema' is missing"),
        (#"{"schema":"silt.recording/2"}"# + "\n", "this silt reads silt.recording/1; use a later silt"),
        (#"{"schema":"other/1"}"# + "\n", "calls itself 'other/1'"),
        (#"{"schema":"\u001b[31m\nred/1"}"# + "\n", "calls itself '[31mred/1'"),
        (#"{"schema":"silt.recording/1"}"# + "\n", "is missing"),
    ])
    func `is refused in one line with what to do`(text: String, words: String) {
        let error = #expect(throws: RecordingError.self) { try readRecording(Array(text.utf8)) }
        let line = error?.description ?? ""
        #expect(
            line.contains(words) && line.contains("; ") && !line.contains("\n") && !line.contains("\u{1B}"), "\(line)")
    }
}

@Suite struct `A damaged report` {
    /// Numbers of a report in their turn: nothing is refused or shown wrongly without a word, and nothing traps.
    @Test(arguments: ["pinned", "plateau", "leaking", "threads"], Self.numbers)
    func `is refused or shown`(sample: String, number: String) throws {
        let text = try #require(Sample.reports.first { $0.name == sample }?.report.json(pretty: false))
        var shown = 0
        for damaged in Self.damaged(text, with: number) {
            guard let report = try? readReport(Array(damaged.utf8)) else { continue }
            shown += 1
            _ = report.text(TextStyle()) + report.leaksText(TextStyle()) + report.json(pretty: false)
            for question in SiteAnswer.Question.allCases { _ = report.text(question, TextStyle()) }
            _ = siteMovements(from: report, to: Sample.pinned)
        }
        #expect(number != Self.largest || shown > 0, "a reader that refuses everything proves nothing")
    }

    @Test(arguments: Self.numbers) func `of a proof is left out or shown`(number: String) throws {
        var recording = Sample.recording
        recording.processes.removeLast()
        recording.processes[0].moments.removeFirst(4)
        for damaged in Self.damaged(recording.lines, with: number) {
            guard let read = try? readRecording(Array(damaged.utf8)) else { continue }
            for process in read.processes {
                for moment in process.moments { _ = moment.unreachable?.text(TextStyle()) }
            }
            _ = read.text(TextStyle()) + read.lines
        }
    }

    /// What a process may have: the only one of these that is true of bytes.
    static let largest = "140737488355327"
    static let numbers = ["-1", "9223372036854775807", "1e300", "null", "\"x\"", "[]", largest]

    /// The text with one of its numbers replaced, for some sixty of them.
    static func damaged(_ text: String, with number: String) -> [String] {
        let digits = text.matches(of: /[:\[,](-?[0-9][0-9.e+-]*)/)
        #expect(digits.count > 40)
        return stride(from: 0, to: digits.count, by: max(1, digits.count / 60)).map { place in
            let digits = digits[place].output.1
            return text[..<digits.startIndex] + number + text[digits.endIndex...]
        }
    }

    @Test func `is refused wherever it ends`() {
        let bytes = Array(Sample.threads.json(pretty: false).utf8)
        for end in 0..<(bytes.count - 1) {
            #expect(throws: RecordingError.self) { try readReport(Array(bytes[..<end])) }
        }
    }
}
