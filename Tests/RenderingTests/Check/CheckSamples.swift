import MemoryModel

/// Made-up answers of a check, one for each way that it can go.
enum CheckSample {
    private static let exit = MomentName(.end)

    private static func judgement(
        _ subject: Judgement.Subject, process: String = "service", line: Int = 4, value: Double, limit: Double,
        spread: ClosedRange<Double>? = nil, outcome: Judgement.Outcome = .within
    ) -> Judgement {
        var judgement = Judgement(
            subject: subject, process: process, source: .budget(line: line), outcome: outcome)
        judgement.value = value
        judgement.limit = limit
        judgement.spread = spread ?? value...value
        judgement.runs = spread == nil ? 1 : 3
        return judgement
    }

    private static func report(_ judgements: [Judgement], runs: Int = 1, processes: Int = 1) -> CheckReport {
        var report = CheckReport(
            version: "0.1.0", command: ["./service", "--selftest"], runs: runs, processes: processes,
            budgetFile: "ci/budget.jsonc", baselineFile: "ci/baseline.json")
        report.judgements = judgements
        return report
    }

    private static let mib = Double(1 << 20)

    static let within = report(
        [
            judgement(.quantity(.row(.heapRetained), at: exit), value: 7.1 * mib, limit: 8 * mib),
            judgement(.quantity(.rss, at: MomentName(.peak)), value: 120 * mib, limit: 300 * mib),
            judgement(.quantity(.fragmentation, at: MomentName(.peak)), value: 0.05, limit: 0.2),
            judgement(.quantity(.leaked, at: exit), value: 0, limit: 0),
        ], processes: 1)

    static let exceeded: CheckReport = {
        var retained = judgement(
            .quantity(.row(.heapRetained), at: exit), value: 42 * mib, limit: 8 * mib, spread: 41.9 * mib...42.4 * mib,
            outcome: .exceeded)
        retained.sites = [
            SiteChange(
                frame: Frame(function: "decode(char const*)", file: "/src/app/decode.cpp", line: 120),
                before: .mebibytes(2), now: .mebibytes(32), error: .kibibytes(1_500)),
            SiteChange(frame: nil, before: 0, now: .mebibytes(1), error: .mebibytes(1)),
        ]
        retained.remedies = [
            Verdict.Remedy(
                kind: .now, action: "Call malloc_trim(0) once the burst is over.", predicted: .mebibytes(42)),
            Verdict.Remedy(kind: .lasting, action: "Set MALLOC_TRIM_THRESHOLD_=131072.", predicted: nil),
        ]
        var live = Judgement(
            subject: .quantity(.row(.heapLive), at: MomentName(.mark("warm"))), process: "worker#2", source: .baseline,
            outcome: .exceeded)
        live.value = 206.1 * mib
        live.limit = 205.3 * mib
        live.spread = live.value...live.value
        live.runs = 1
        live.comparison = Judgement.Comparison(
            median: 205 * mib, spread: 204.9 * mib...205.1 * mib, runs: 10, tolerance: 0.3 * mib, shift: 1.1 * mib)
        var growth = judgement(
            .growth(.live, from: MomentName(.mark("warm")), to: MomentName(.mark("done")), per: 1000), line: 6,
            value: 4.2 * mib, limit: mib, outcome: .exceeded)
        growth.sites = [
            SiteChange(frame: Frame(function: "put", file: "cache.c", line: 9), before: nil, now: .mebibytes(4))
        ]
        let slope = judgement(
            .slope(.live, mark: "iteration"), line: 7, value: 2048, limit: 0, outcome: .exceeded)
        var site = judgement(
            .site("cache::put", .blocks, at: exit), line: 9, value: 1500, limit: 1000, outcome: .exceeded)
        site.error = 200
        var relative = judgement(
            .quantity(.row(.heapFragmented), at: exit), line: 10, value: 22 * mib, limit: 21 * mib,
            spread: 20 * mib...23 * mib, outcome: .exceeded)
        relative.limitText = "+5.0 %"
        relative.comparison = Judgement.Comparison(
            median: 20 * mib, spread: 20 * mib...20 * mib, runs: 5)
        var result = report(
            within.judgements + [slope, growth, site, relative, live, retained], runs: 3, processes: 4)
        result.differences = [
            .init("kernel", before: "6.1.0-18", now: "6.5.0"), .init("MALLOC_ARENA_MAX", before: nil, now: "2"),
        ]
        result.notes = [
            .notInBaseline(process: "helper", at: exit), .stillRunning(process: "daemon"),
            .uncovered(process: "static-tool", rss: .mebibytes(30), count: 1),
            .uncovered(process: "tool", rss: .mebibytes(30), count: 500),
            .lost(process: "worker", count: 1), .lost(process: "worker#2", count: 1_000), .unread(2), .repeated(7),
        ]
        return result
    }()

    static let unmeasured: CheckReport = {
        let mark = MomentName(.mark("warm"))
        let reasons: [(Judgement.Subject, Unmeasured)] = [
            (.quantity(.rss, at: exit), .noProcess("nope*")), (.quantity(.rss, at: mark), .noMoment(mark)),
            (.quantity(.live, at: MomentName(.peak)), .noMoment(MomentName(.peak))),
            (.quantity(.rss, at: exit), .missingInRuns(2, of: 5)), (.quantity(.rss, at: exit), .noReading),
            (.quantity(.rss, at: exit), .killed), (.quantity(.live, at: exit), .booksIncomplete(["leaves-full"])),
            (.quantity(.rss, at: exit), .uncovered),
            (.quantity(.leaked, at: exit), .proofFailed("it may not be traced")),
            (.quantity(.leaked, at: exit), .noProof), (.quantity(.leaked, at: exit), .proofIncomplete(0.99999)),
            (.quantity(.leaked, at: exit), .proofIncomplete(0.875)),
            (.site("put", .bytes, at: exit), .noSites), (.site("put", .bytes, at: exit), .siteUnlisted(least: 70_000)),
            (.site("ns", .bytes, at: exit), .sitesUnlisted(70_000)),
            (.growth(.live, from: mark, to: exit, per: 1), .momentsReversed(mark, exit)),
            (.slope(.live, mark: "warm"), .fewMarks(4, of: "warm")), (.quantity(.live, at: exit), .notInBaseline),
        ]
        var result = report(
            within.judgements
                + reasons.map {
                    judgement($0.0, value: 0, limit: 0, outcome: .unmeasured($0.1))
                })
        result.failures = [
            .notRun("cannot start the command"), .commandExited(3), .commandSignaled(9), .nothingPreloaded,
            .recordingIncomplete([
                "cut-off", "recording-not-written", "processes-full", "marks-full", "descriptors-exhausted", "other",
            ]), .fewRuns(3),
        ]
        return result
    }()

    static let improved: CheckReport = {
        var less = exceeded.judgements[8]
        less.outcome = .improved
        less.value = 180 * mib
        less.comparison?.shift = -25 * mib
        var result = report(within.judgements + [less])
        result.isStrict = true
        return result
    }()

    static let updated: CheckReport = {
        var result = report([], runs: 5)
        result.notes = [.updated(new: 5, runs: 5, isAnew: true)]
        return result
    }()

    /// All that strangers name is hostile.
    static let hostile: CheckReport = {
        let name = "\u{1B}[31m<b>|`x`\n::error::\u{202E}]]>&\"'%0A:,\u{0}"
        var found = judgement(
            .site(name, .bytes, at: MomentName(.mark(name))), process: name, value: 9, limit: 1, outcome: .exceeded)
        found.sites = [SiteChange(frame: Frame(function: name, file: name, line: 3), before: 0, now: 9)]
        found.remedies = [Verdict.Remedy(kind: .lasting, action: name, predicted: nil)]
        var result = report([found])
        result.command = [name]
        result.budgetFile = name
        result.baselineFile = name
        result.failures = [.notRun(name), .recordingIncomplete([name])]
        result.differences = [.init(name, before: name, now: nil)]
        result.notes = [.stillRunning(process: name), .notInBaseline(process: name, at: MomentName(.mark(name)))]
        return result
    }()

    static let all: [(name: String, report: CheckReport)] = [
        ("within", within), ("exceeded", exceeded), ("unmeasured", unmeasured), ("improved", improved),
        ("updated", updated),
    ]
}
