import JSONText
import MemoryModel
import Testing

@testable import Budgets

@Suite struct `A baseline` {
    private static let usual: [Cause: Int] = [
        .heapLive: 200 * mebibyte, .heapRetained: 10 * mebibyte, .heapFragmented: 20 * mebibyte, .files: 5 * mebibyte,
        .silt: mebibyte,
    ]

    private static func runs(_ count: Int, _ change: [Cause: Int] = [:]) -> [Recording] {
        (0..<count).map { index in
            var run = Scenario.run(usual.merging(change) { $0 + $1 }, environment: [RecordedFact("kernel", "6.1")])
            run.startedAt = Double(index)
            return run
        }
    }

    private static let baseline = Baseline().adding(runs(5))

    private func check(_ runs: [Recording], _ baseline: Baseline, tolerance: Double? = nil) throws -> CheckReport {
        try Scenario.check(runs, "{}", baseline: baseline, tolerance: tolerance)
    }

    @Test(arguments: [1, 4])
    func `of fewer than five runs judges nothing`(count: Int) throws {
        let report = try check(Self.runs(1), Baseline().adding(Self.runs(count)))
        #expect(report.failures == [.fewRuns(count)] && report.status == .unmeasured)
    }

    /// A run of the baseline in which it was killed as well is no leave to be killed.
    @Test func `calls a killed process unmeasured, whatever else happened before`() throws {
        let killed = Scenario.recording([
            Scenario.process([Scenario.moment(.end, Scenario.report([:]))], ending: .lost)
        ])
        let mixed = Self.baseline.adding([killed])
        #expect(try check([killed], mixed).status == .unmeasured)
        #expect(try check(Self.runs(1), mixed).status == .within)
    }

    @Test func `leaves suppressed leaks out, as a check does`() throws {
        var moment = Scenario.moment(.end, Scenario.report([:]))
        moment.unreachable = UnreachableReport(
            process: ProcessFacts(pid: 1, command: ["p"]),
            groups: [
                .init(isDirect: true, tally: .init(blocks: 1, bytes: .mebibytes(2)), frames: [Frame(function: "known")])
            ], live: .init(blocks: 1), reachable: .init(), isComplete: true)
        let run = Scenario.recording([Scenario.process([moment])])
        let known = try Suppression.parse("leak:known")
        let baseline = Baseline().adding(Array(repeating: run, count: 5), suppressions: known)
        let report = try Scenario.check([run], "{\"suppress\": [\"leak:known\"]}", baseline: baseline, strict: true)
        #expect(report.status == .within, "\(report.judgements)")
    }

    @Test func `holds what is as it was`() throws {
        let report = try check(Self.runs(1), Self.baseline)
        #expect(report.status == .within && report.failures.isEmpty && !report.judgements.isEmpty)
    }

    @Test(arguments: [Cause.heapLive, .heapRetained, .heapKept, .heapFragmented, .mappings, .stacks])
    func `finds a row that grew by more than the tolerance`(cause: Cause) throws {
        let more = try check(Self.runs(1, [cause: mebibyte]), Self.baseline)
        #expect(more.status == .exceeded)
        #expect(more.exceeded.map(\.subject) == [.quantity(.row(cause), at: MomentName(.end))], "told once")
        #expect(more.isDoubtful, "more runs may tell it from noise")
        let little = try check(Self.runs(1, [cause: 200 << 10]), Self.baseline)
        #expect(little.status == .within && !little.isDoubtful)
    }

    @Test(arguments: [Cause.files, .silt, .kernel, .unexplained])
    func `does not judge what no allocator is to blame for`(cause: Cause) throws {
        #expect(try check(Self.runs(1, [cause: 2 * mebibyte]), Self.baseline).status == .within)
    }

    @Test func `improved on is told by the status where that is asked for`() throws {
        let less = Self.runs(1, [.heapRetained: -2 * mebibyte])
        let quiet = try check(less, Self.baseline)
        #expect(quiet.status == .within && quiet.improved.count == 1)
        let strict = try Scenario.check(less, "{}", baseline: Self.baseline, strict: true)
        #expect(strict.status == .improved && strict.status.exitStatus == 4)
        let worse = Self.runs(1, [.heapRetained: -5 * mebibyte, .heapLive: 5 * mebibyte])
        #expect(try Scenario.check(worse, "{}", baseline: Self.baseline, strict: true).status == .exceeded)
    }

    @Test func `yields to a tolerance that was given`() throws {
        let more = Self.runs(1, [.heapLive: mebibyte])
        #expect(try check(more, Self.baseline, tolerance: Double(2 * mebibyte)).status == .within)
        let budget = "{\"tolerance\": {\"heap.live\": \"2 MiB\", \"live\": \"2 MiB\"}}"
        #expect(try Scenario.check(more, budget, baseline: Self.baseline).status == .within)
        let strict = "{\"tolerance\": {\"heap.retained\": \"1 B\"}}"
        let little = Self.runs(1, [.heapRetained: 4096])
        #expect(try Scenario.check(little, strict, baseline: Self.baseline).status == .exceeded)
        // A quantity with a tolerance is judged, whichever it is.
        let files = "{\"tolerance\": {\"files\": \"1 MiB\"}}"
        let cached = Self.runs(1, [.files: 2 * mebibyte])
        #expect(try Scenario.check(cached, files, baseline: Self.baseline).status == .exceeded)
    }

    @Test func `limits what a budget puts relative to it`() throws {
        func status(_ bound: String, _ more: Int) throws -> CheckReport.Status {
            try Scenario.check(
                Self.runs(1, [.heapRetained: more]), "{\"limits\": [{\"heap.retained\": \"\(bound)\"}]}",
                baseline: Self.baseline, tolerance: 1e12
            ).status
        }
        #expect(try status("+10%", mebibyte) == .within)
        #expect(try status("+10%", mebibyte + 1) == .exceeded)
        #expect(try status("+1 MiB", mebibyte) == .within)
        #expect(try status("+1 MiB", mebibyte + 1) == .exceeded)
        let unknown = try Scenario.check(
            Self.runs(1), "{\"limits\": [{\"leaked\": \"+1 MiB\"}, {\"at\": \"peak\", \"live\": \"+1%\"}]}",
            baseline: Baseline().adding(Self.runs(5).map { Scenario.recording([], startedAt: $0.startedAt) }))
        #expect(unknown.judgements.map(\.outcome) == [.unmeasured(.noProof), .unmeasured(.notInBaseline)])
    }

    @Test func `says what came, what went, and where it was measured`() throws {
        var run = Self.runs(1)[0]
        run.environment = [RecordedFact("kernel", "6.5"), RecordedFact("MALLOC_ARENA_MAX", "2")]
        run.processes.append(Scenario.process([Scenario.moment(.end, Scenario.report([:]))], of: ["helper"]))
        let report = try check([run], Self.baseline)
        #expect(report.status == .within)
        #expect(
            report.differences == [
                .init("kernel", before: "6.1", now: "6.5"), .init("MALLOC_ARENA_MAX", before: nil, now: "2"),
            ])
        #expect(report.notes == [.notInBaseline(process: "helper", at: MomentName(.end))])
        run.processes.removeFirst()
        let gone = try check([run], Self.baseline)
        #expect(gone.unmeasured.map(\.outcome) == [.unmeasured(.noProcess("service"))] && gone.status == .unmeasured)
    }

    /// Of leaks that it has, a run without a proof knows nothing: that is no pass.
    @Test func `is not held by a run that looked for no leaks`() throws {
        func run(_ index: Int, isProved: Bool) -> Recording {
            var moment = Scenario.moment(.end, Scenario.report([.heapLive: mebibyte]))
            if isProved {
                moment.unreachable = UnreachableReport(
                    process: moment.report.process, groups: [], live: .init(), reachable: .init(), isComplete: true)
            }
            return Scenario.recording([Scenario.process([moment])], startedAt: 1e9 + Double(index))
        }
        let baseline = Baseline().adding((0..<5).map { run($0, isProved: true) })
        #expect(try check([run(9, isProved: true)], baseline).status == .within)
        let unproved = try check([run(9, isProved: false)], baseline)
        #expect(unproved.unmeasured.map(\.outcome) == [.unmeasured(.noProof)] && unproved.status == .unmeasured)
        #expect(unproved.judgements.contains { $0.outcome == .within }, "the rest is judged")
        // Nor by one whose proof failed: it is of leaks that nothing is known.
        var failed = run(9, isProved: false)
        failed.processes[0].moments[0].proofFailure = "it may not be traced"
        let report = try check([failed], baseline)
        #expect(report.unmeasured.map(\.subject) == [.quantity(.leaked, at: MomentName(.end))])
        #expect(report.unmeasured.map(\.outcome) == [.unmeasured(.proofFailed("it may not be traced"))])
    }

    /// What is ignored is neither kept nor missed, also where an older baseline has it.
    @Test func `leaves out what is to be ignored`() throws {
        func run(_ index: Int, hasTool: Bool) -> Recording {
            var run = Self.runs(1)[0]
            run.startedAt = 1e9 + Double(index)
            let tool = Scenario.process([Scenario.moment(.end, Scenario.report([:]))], of: ["/opt/tool", "-x"])
            if hasTool { run.processes.append(tool) }
            return run
        }
        let budget = "{\"ignore\": [\"tool*\"]}"
        let runs = (0..<5).map { run($0, hasTool: true) }
        let older = Baseline().adding(runs)
        #expect(try check([run(9, hasTool: false)], older).status == .unmeasured)
        #expect(try Scenario.check([run(9, hasTool: false)], budget, baseline: older).status == .within)
        let parsed = try Budget.parse(Array(budget.utf8))
        guard case .written(let newer, false) = Baseline().updated(with: runs, budget: parsed) else {
            Issue.record("not written")
            return
        }
        #expect(newer.processes.map(\.key.program) == ["service"])
    }

    /// It is found late, and must not take the place of another of its name.
    @Test func `never takes a process without the library for one that it has`() throws {
        var run = Self.runs(1)[0]
        let tool = RecordedProcess(
            index: 0, pid: 9, command: ["/srv/bin/service"], isCovered: false, ending: .lost, highWater: .mebibytes(9))
        run.processes.insert(tool, at: 0)
        let report = try check([run], Self.baseline)
        #expect(report.status == .within)
        #expect(report.notes == [.uncovered(process: "service", rss: .mebibytes(9), count: 1)])
        let made = Baseline().adding(Array(repeating: run, count: 5))
        #expect(made.processes.map(\.key) == Self.baseline.processes.map(\.key))
    }

    /// A worker that is always killed has no exit, and is missed all the same.
    @Test func `misses a process that never had an exit`() throws {
        func run(_ index: Int, hasWorker: Bool) -> Recording {
            var run = Self.runs(1)[0]
            run.startedAt = 1e9 + Double(index)
            if hasWorker {
                let peak = Scenario.moment(.peak, Scenario.report([.heapLive: mebibyte]))
                run.processes.append(Scenario.process([peak], of: ["worker"], ending: .lost, highWater: mebibyte))
            }
            return run
        }
        let baseline = Baseline().adding((0..<5).map { run($0, hasWorker: true) })
        #expect(try check([run(9, hasWorker: true)], baseline).status == .within)
        let gone = try check([run(9, hasWorker: false)], baseline)
        #expect(gone.unmeasured.map(\.outcome) == [.unmeasured(.noProcess("worker"))])
    }

    @Test func `keeps twenty runs, the newest`() {
        var baseline = Baseline()
        for index in 0..<30 {
            var run = Scenario.run([.heapLive: index])
            run.startedAt = Double(index)
            baseline = baseline.adding([run])
        }
        #expect(baseline.startedAt == (10..<30).map(Double.init))
        let key = ProcessKey(program: "service", position: 1)
        let values = baseline.values(of: .row(.heapLive), key, at: MomentName(.end))
        #expect(values == (10..<30).map(Double.init))
    }

    @Test func `is begun anew by runs that are not like it`() {
        let other = Self.runs(5, [.heapLive: 50 * mebibyte])
        guard case .written(let anew, true) = Self.baseline.updated(with: other) else {
            Issue.record("it was mixed")
            return
        }
        #expect(anew.runs == 5)
        guard case .refused = Self.baseline.updated(with: Array(other.prefix(2))) else {
            Issue.record("two runs are no baseline")
            return
        }
        guard case .written(let more, false) = Self.baseline.updated(with: Self.runs(2)) else {
            Issue.record("they are alike")
            return
        }
        #expect(more.runs == 7)
    }

    // The file -------------------------------------------------------------------------------------------------------

    @Test func `is read back as it was written`() throws {
        var runs = Self.runs(6)
        let sites = SiteReport(
            mean: 1,
            holds: SiteAnswer(
                .holds,
                groups: [
                    SiteGroup(
                        frames: [Frame(function: "f(\"x\")", file: "/a b.c", line: 3, module: "/lib/x.so")],
                        bytes: Estimate(77, error: 5))
                ]))
        runs[5].processes[0].moments.append(
            Scenario.moment(.mark("warm up"), Scenario.report([.heapLive: 5], sites: sites)))
        let written = Baseline(command: ["service"]).adding(runs)
        let read = try Baseline.parse(Array(written.json.text(pretty: true).utf8))
        #expect(read.json == written.json)
        let key = ProcessKey(program: "service", position: 1)
        let site = read.sites(of: .live, key, at: MomentName(.mark("warm up")))?.first
        #expect(site?.frame?.function == "f(\"x\")" && site?.bytes == 77 && site?.error == 5)
    }

    private static let refused: [(String, Int, String)] = [
        ("", 1, "it is no JSON"), ("{}", 1, "'schema' is missing"),
        ("{\"schema\": \"silt.recording/1\"}", 1, "'silt.recording/1' is no baseline"),
        ("{\n\"schema\": \"silt.baseline/2\"}", 1, "'silt.baseline/2' is of a later silt"),
        (
            "{\"schema\": \"silt.baseline/1\", \"command\": [],\n\"started_at\": [true]}", 2,
            "a truth value stands where"
        ),
        (
            "{\"schema\": \"silt.baseline/1\", \"command\": [], \"started_at\": [], \"processes\": [{\"program\": \"p\",\n"
                + "\"position\": 0, \"moments\": []}]}", 2, "0.0 is out of range"
        ),
        (
            "{\"schema\": \"silt.baseline/1\", \"command\": [], \"started_at\": [], \"processes\": [{\"program\": \"p\",\n"
                + "\"position\": 1, \"moments\": [{\"moment\": \"exit\", \"figures\": {\"rss\": [\n1e300]}}]}]}", 3,
            "1e+300 is out of range"
        ),
    ]

    @Test(arguments: refused)
    func `that is none is refused with its line`(text: String, line: Int, reason: String) {
        do {
            _ = try Baseline.parse(Array(text.utf8))
            Issue.record("it was taken: \(text)")
        } catch {
            #expect(error.line == line && error.reason.hasPrefix(reason), "\(error)")
        }
    }
}
