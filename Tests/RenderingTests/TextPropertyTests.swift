import MemoryModel
import Rendering
import SampleReports
import Testing

@Suite struct `Text for a terminal` {
    /// Every sample, and one whose every string is hostile and every figure large.
    static let reports = Sample.reports.map(\.report) + [Hostile.report]

    static let widths = Array(60...100) + [120, 200]

    /// Everything that can be written for a width.
    static func texts(_ style: TextStyle) -> [String] {
        let runs = RunReport(
            command: [],
            processes: Sample.server.processes + [
                ProcessRun(peak: Hostile.report, last: Sample.fragmentation, ending: .lost, parent: 1),
                ProcessRun(peak: Sample.retention, last: Hostile.report, ending: .exec),
            ])
        let answers = reports.flatMap { report in SiteAnswer.Question.allCases.map { report.text($0, style) } }
        return reports.map { $0.text(style) } + reports.map { $0.leaksText(style) } + answers + [runs.text(style)]
    }

    @Test(arguments: widths, [true, false])
    func `has no line wider than the terminal, and no blanks at its end`(width: Int, unicode: Bool) {
        for text in Self.texts(TextStyle(width: width, unicode: unicode)) {
            let lines = text.split(separator: "\n")
            #expect(lines.filter { $0.count > width } == [])
            #expect(lines.filter { $0.last == " " } == [])
            #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
        }
    }

    @Test(arguments: [0, 20, 59])
    func `is written for 60 columns where there are fewer`(width: Int) {
        #expect(Sample.retention.text(TextStyle(width: width)) == Sample.retention.text(TextStyle(width: 60)))
    }

    @Test(arguments: [true, false])
    func `holds no byte that a terminal would act upon`(unicode: Bool) {
        for text in Self.texts(TextStyle(unicode: unicode)) {
            let harmful = text.unicodeScalars.filter { scalar in
                let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x202E
                return scalar != "\n" && (isControl || (!unicode && !scalar.isASCII))
            }
            #expect(harmful.isEmpty)
        }
    }

    /// A symbol may be a megabyte long.
    @Test func `is no longer for names without an end`() {
        let style = TextStyle(width: 80)
        #expect(Hostile.report.text(style).utf8.count < 40_000)
        #expect(Hostile.report.leaksText(style).utf8.count < 40_000)
        for question in SiteAnswer.Question.allCases {
            #expect(Hostile.report.text(question, style).utf8.count < 20_000)
            #expect(Hostile.report.json(question, pretty: true).utf8.count < 2_000_000)
        }
        let harmful = Hostile.report.json(pretty: true).unicodeScalars.filter {
            ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E
        }
        #expect(harmful.isEmpty)
    }

    @Test func `shows controls as the bytes they are`() {
        #expect(
            Hostile.report.text(TextStyle(width: 200)).contains(#"'a\x1B]0;title\x07\x0A\xC2\x9B2J\xE2\x80\xAE bé日'"#))
    }

    @Test(arguments: [60, 80, 120])
    func `is the same with colour, but for the colour`(width: Int) throws {
        for (plain, colored) in zip(
            Self.texts(TextStyle(width: width)), Self.texts(TextStyle(width: width, color: true)))
        {
            #expect(colored.contains("\u{1B}["))
            #expect(colored.replacing(try Regex("\u{1B}\\[[0-9;]*m"), with: "") == plain)
        }
    }

    @Test(arguments: Sample.reports.map(\.name))
    func `has shares that sum to 100 per cent`(sample: String) throws {
        let report = try #require(Sample.reports.first { $0.name == sample }?.report)
        // Scores of what grows are no shares.
        let lines = report.text(TextStyle()).split(separator: "\n").prefix { !$0.hasPrefix("growing") }
        let table = lines.filter { $0.contains(" %  ") || $0.hasSuffix(" %") }
        let shares = try table.compactMap { line -> Double? in
            // Causes of their own stand at column 2; parts of the heap and owners further in.
            guard line.prefix(2).allSatisfy({ $0 == " " || $0 == "▸" }), line.dropFirst(2).first != " " else {
                return nil
            }
            guard !line.hasPrefix("  sum") else { return nil }
            let share = try #require(try Regex(#"([0-9]+\.[0-9]) %"#).firstMatch(in: line)?.output[1].substring)
            return Double(share)
        }
        #expect(shares.count >= 5)
        #expect(abs(shares.reduce(0, +) - 100) <= 0.05 * Double(shares.count))
    }
}

/// A report of a process that wants to be misread.
private enum Hostile {
    static let string = "a\u{1B}]0;title\u{7}\n\u{9B}2J\u{202E} bé日"

    static let report: Report = {
        var report = Sample.report(
            command: [string, String(repeating: "x", count: 500), ""],
            ledger: Dictionary(uniqueKeysWithValues: Cause.allCases.map { ($0, ByteCount(1023 << 39)) }),
            owners: [
                string: 1, "/\(String(repeating: "long/", count: 80))lib.so": ByteCount(5 << 40), "/x/": 3, "": 2,
            ],
            swap: Dictionary(uniqueKeysWithValues: Cause.allCases.map { ($0, ByteCount(1023 << 39)) }),
            verdict: Verdict(
                kind: .fragmentation, bytes: ByteCount(1023 << 39), share: 0, summary: string,
                remedies: [
                    Verdict.Remedy(kind: .now, action: string, predicted: 0),
                    Verdict.Remedy(kind: .lasting, action: String(repeating: "y", count: 300), predicted: -5),
                ]),
            tunables: Tunables(raisedBy: string))
        report.allocator = string
        report.coverage = Coverage(source: string, degraded: [string])
        report.process.uptimeSeconds = .infinity
        report.ledger[11].bytes = -4096
        report.heap.untouched = ByteCount(.max)
        report.heap.predictedTrimRange = 0...ByteCount(.max)
        report.reading.moved = 1
        report.sites = sites
        report.leaks = leaks
        report.history = history
        report.trend = Trend(
            seconds: .nan, live: Trend.Movement(.growing, seconds: .infinity, rate: .nan),
            rss: Trend.Movement(.falling, seconds: -1, rate: -.infinity), isAtPeak: true)
        report.managed = Managed(
            managed: ByteCount(.max), unmanaged: 0, unmanagedOld: ByteCount(.min), unmanagedRecent: ByteCount(.max))
        return report
    }()

    static let leaks: LeakReport = {
        let most = Estimate(.max, error: .max)
        let frames = [Frame(function: string, file: string, line: .max, module: string, offset: .max), Frame()]
        let groups = LeakGroup.Word.allCases.flatMap { word in
            LeakGroup.Kind.allCases.flatMap { kind in
                [Double.nan, .infinity, -1, 1e11].map { number in
                    LeakGroup(
                        word: word, kind: kind, frames: number > 0 ? frames : [], bytes: most, growth: most,
                        score: number,
                        oldestSeconds: number, count: .max)
                }
            }
        }
        return LeakReport(
            seconds: .infinity, growthSeconds: 1e-9, leastSeconds: .nan, judged: .max, groups: groups, groupCount: .max)
    }()

    static let history = History(
        series: [1, .max].map { step in
            History.Series(
                step: step,
                moments: (0..<500).map { place in
                    place % 3 == 0
                        ? nil
                        : History.Moment(
                            age: .nan, live: ByteCount(place % 2 == 0 ? .max : .min), liveBlocks: .max,
                            rss: place % 5 == 0 ? nil : History.Resident(ByteCount(place % 7 == 0 ? .min : .max)))
                })
        })

    static let sites: SiteReport = {
        let huge = String(repeating: "x<\u{202E}", count: 1 << 16)
        let frames = [
            Frame(function: string, file: string, line: .max, module: string, offset: .max), Frame(),
            Frame(function: huge),
            Frame(file: huge, module: huge), Frame(module: huge, offset: 1),
            Frame(function: huge, file: huge, language: .python), Frame(function: "日本語日本語日本語<日本語>", file: "日本.c"),
        ]
        let most = Estimate(.max, error: .max)
        let groups = frames.indices.map { index in
            SiteGroup(
                name: index == 5 ? huge : index == 6 ? string : "", frames: Array(frames[index...].prefix(2)),
                bytes: most,
                blocks: most, live: most, kept: most,
                freed: SiteGroup.Freed(medianSeconds: .nan, latestSeconds: .infinity), samples: .max)
        }
        func answer(_ question: SiteAnswer.Question) -> SiteAnswer {
            SiteAnswer(
                question, total: ByteCount(.max), estimate: most, withoutStack: most, samples: .max, groups: groups,
                groupCount: .max)
        }
        return SiteReport(
            mean: .max, holds: answer(.holds), pins: answer(.pins), left: answer(.left),
            mappings: [MappingSite(frames: frames, bytes: ByteCount(.max), count: .max)], dropped: .max,
            degraded: [string, "samples-full"])
    }()
}
