import MemoryModel
import Testing

@testable import Budgets

@Suite struct `A limit` {
    private static let rows: [Cause: Int] = [
        .heapLive: 60 * mebibyte, .heapRetained: 20 * mebibyte, .heapKept: 5 * mebibyte, .heapFragmented: 15 * mebibyte,
        .mappings: 7 * mebibyte, .stacks: 1 * mebibyte, .files: 2 * mebibyte,
    ]

    private static let values: [(String, Int)] = [
        ("heap.live", 60 * mebibyte), ("heap.retained", 20 * mebibyte), ("heap.kept", 5 * mebibyte),
        ("heap.fragmented", 15 * mebibyte), ("mappings", 7 * mebibyte), ("stacks", mebibyte), ("shared", 0),
        ("files", 2 * mebibyte), ("rss", 110 * mebibyte), ("live", 61 * mebibyte), ("free", 40 * mebibyte),
        ("predicted-trim", 20 * mebibyte),
    ]

    /// The value that each quantity has of ``rows``, and a limit on either side.
    @Test(arguments: values)
    func `on bytes holds up to the limit itself`(name: String, bytes: Int) throws {
        let report = Scenario.report(Self.rows, live: 61 * mebibyte)
        let run = Scenario.recording([Scenario.process([Scenario.moment(.end, report)])])
        let at = try Scenario.check(run, limit: "\"\(name)\": \"\(bytes) B\"")
        #expect(at.status == .within && at.judgements.map(\.value) == [Double(bytes)])
        guard bytes > 0 else { return }
        let over = try Scenario.check(run, limit: "\"\(name)\": \"\(bytes - 1) B\"")
        #expect(over.status == .exceeded && over.judgements[0].limit == Double(bytes - 1))
    }

    @Test func `on blocks and on fragmentation`() throws {
        let run = Scenario.run(Self.rows)
        #expect(try Scenario.check(run, limit: "\"live-blocks\": 100").status == .within)
        #expect(try Scenario.check(run, limit: "\"live-blocks\": 99").status == .exceeded)
        // 40 of 100 MiB of heap are free.
        #expect(try Scenario.check(run, limit: "\"fragmentation\": 0.4").status == .within)
        #expect(try Scenario.check(run, limit: "\"fragmentation\": 0.399").status == .exceeded)
        #expect(try Scenario.check(Scenario.run([:]), limit: "\"fragmentation\": 0").status == .within)
    }

    @Test func `as a share of RSS`() throws {
        let run = Scenario.run([.heapRetained: 10 * mebibyte, .heapLive: 90 * mebibyte])
        #expect(try Scenario.check(run, limit: "\"heap.retained\": \"10%\"").status == .within)
        let over = try Scenario.check(run, limit: "\"heap.retained\": \"9.9%\"")
        #expect(over.status == .exceeded && over.judgements[0].limitText == "9.9 % of RSS")
    }

    @Test func `at the peak takes the kernel's mark for RSS, and the highest reading for the rest`() throws {
        let low = Scenario.moment(.end, Scenario.report([.heapLive: mebibyte]))
        let high = Scenario.moment(.peak, Scenario.report([.heapLive: 50 * mebibyte]))
        let run = Scenario.recording([Scenario.process([high, low], highWater: 64 * mebibyte)])
        let report = try Scenario.check(
            [run], "{\"limits\": [{\"at\": \"peak\", \"rss\": \"1 B\", \"heap.live\": \"1 B\"}]}")
        #expect(report.judgements.map(\.value) == [Double(64 * mebibyte), Double(50 * mebibyte)])
        // Where only the last reading is there, it is the highest.
        let only = Scenario.recording([Scenario.process([low])])
        #expect(try Scenario.check(only, limit: "\"at\": \"peak\", \"heap.live\": \"1 MiB\"").status == .within)
    }

    @Test func `on leaks needs a proof, and leaves out what is suppressed`() throws {
        var moment = Scenario.moment(.end, Scenario.report([:]))
        func run() -> Recording { Scenario.recording([Scenario.process([moment])]) }
        let without = try Scenario.check(run(), limit: "\"leaked\": \"0 B\"")
        #expect(without.status == .unmeasured && without.judgements.map(\.outcome) == [.unmeasured(.noProof)])

        func group(_ name: String, _ bytes: Int) -> UnreachableReport.Group {
            .init(isDirect: true, tally: .init(blocks: 1, bytes: ByteCount(bytes)), frames: [Frame(function: name)])
        }
        moment.unreachable = UnreachableReport(
            process: ProcessFacts(pid: 1, command: ["p"]), groups: [group("known", 100), group("lost", 7)],
            live: .init(blocks: 3), reachable: .init(blocks: 1), isComplete: true)
        #expect(try Scenario.check(run(), limit: "\"leaked\": \"107 B\"").status == .within)
        let over = try Scenario.check(run(), limit: "\"leaked\": \"0 B\"")
        #expect(over.status == .exceeded && over.judgements[0].sites.map(\.frame?.function) == ["known", "lost"])
        let suppressed = try Scenario.check(
            [run()], "{\"limits\": [{\"leaked\": \"7 B\"}], \"suppress\": [\"leak:^known$\"]}")
        #expect(suppressed.status == .within && suppressed.judgements[0].value == 7)
        moment.unreachable?.ownSuppressions = "leak:lost\n"
        #expect(try Scenario.check(run(), limit: "\"leaked\": \"100 B\"").status == .within)

        moment.unreachable?.groups = []
        moment.unreachable?.isComplete = false
        let incomplete = try Scenario.check(run(), limit: "\"leaked\": \"0 B\"")
        #expect(incomplete.status == .unmeasured, "nothing found is nothing proved")
        moment.unreachable?.groups = [group("lost", 100)]
        moment.unreachable?.ownSuppressions = ""
        let some = try Scenario.check(run(), limit: "\"leaked\": \"100 B\"")
        #expect(
            some.judgements.map(\.outcome) == [.unmeasured(.proofIncomplete(moment.unreachable?.decidedShare ?? 0))])
        #expect(try Scenario.check(run(), limit: "\"leaked\": \"99 B\"").status == .exceeded)
    }

    // Growth ---------------------------------------------------------------------------------------------------------

    private func marks(_ values: [(String, Int)]) -> Recording {
        let moments = values.enumerated().map { index, value in
            Scenario.moment(.mark(value.0), at: Double(index), Scenario.report([.heapLive: value.1]))
        }
        return Scenario.recording([Scenario.process(moments + [Scenario.moment(.end, Scenario.report([:]))])])
    }

    @Test func `on growth needs its moments in their order`() throws {
        let run = marks([("warm", 0), ("done", mebibyte), ("warm", mebibyte)])
        let limit = "\"between\": [\"%\", \"done\"], \"growth\": {\"live\": \"1 B\"}"
        let last = try Scenario.check(run, limit: limit.replacing("%", with: "warm"))
        let (warm, done) = (MomentName(.mark("warm")), MomentName(.mark("done")))
        #expect(last.judgements.map(\.outcome) == [.unmeasured(.momentsReversed(warm, done))])
        #expect(try Scenario.check(run, limit: limit.replacing("%", with: "warm#1")).status == .exceeded)
    }

    @Test func `on growth between two marks`() throws {
        let run = marks([("warm", 1_000_000), ("done", 1_500_000)])
        let limit = "\"between\": [\"warm\", \"done\"], \"growth\": {\"live\": \"%\", \"per\": 1000}"
        func check(_ size: String) throws -> CheckReport {
            try Scenario.check(run, limit: limit.replacing("%", with: size))
        }
        #expect(try check("500000 B").status == .within)
        let over = try check("499999 B")
        #expect(over.status == .exceeded && over.judgements[0].value == 500_000)
        let back = try Scenario.check(
            run, limit: "\"between\": [\"done\", \"warm\"], \"growth\": {\"live\": \"0 B\"}")
        #expect(back.status == .unmeasured, "written the wrong way round, it would always hold")
    }

    @Test func `on a slope asks for five marks`() throws {
        let four = marks((0..<4).map { ("i", $0 * 100) })
        let few = try Scenario.check(four, limit: "\"repeated\": \"i\", \"live\": \"0 B\"")
        #expect(few.judgements.map(\.outcome) == [.unmeasured(.fewMarks(4, of: "i"))])
        let five = marks((0..<5).map { ("i", $0 * 100) })
        #expect(try Scenario.check(five, limit: "\"repeated\": \"i\", \"live\": \"0 B\"").status == .exceeded)
        #expect(try Scenario.check(five, limit: "\"repeated\": \"i\", \"live\": \"100 B\"").status == .within)
        #expect(try Scenario.check(five, limit: "\"repeated\": \"i\", \"live\": \"99 B\"").status == .exceeded)
    }

    // Processes and runs ---------------------------------------------------------------------------------------------

    private func tree(_ commands: [[String]], _ bytes: [Int]) -> Recording {
        Scenario.recording(
            zip(commands, bytes).map {
                Scenario.process([Scenario.moment(.end, Scenario.report([.heapLive: $0.1]))], of: $0.0)
            })
    }

    @Test func `is about the processes that its pattern names`() throws {
        let run = tree(
            [["sh"], ["/opt/service"], ["/opt/service", "--worker"], ["python3", "job.py"]], [9, 5, 6, 4])
        func names(_ pattern: String) throws -> [String] {
            try Scenario.check(run, limit: "\"process\": \"\(pattern)\", \"rss\": \"100 B\"").judgements.map(\.process)
        }
        #expect(try names("service") == ["service", "service#2"])
        #expect(try names("*--worker") == ["service#2"])
        #expect(try names("* job.py") == ["python3"])
        #expect(try names("*") == ["sh", "service", "service#2", "python3"])
        let nobody = try Scenario.check(run, limit: "\"process\": \"server\", \"rss\": \"100 B\"")
        #expect(nobody.judgements.map(\.outcome) == [.unmeasured(.noProcess("server"))] && nobody.status == .unmeasured)
    }

    @Test func `is decided by the median of the runs, and says where noise decides`() throws {
        let runs = [100, 300, 120].map { Scenario.run([.heapLive: $0]) }
        let within = try Scenario.check(runs, "{\"limits\": [{\"rss\": \"120 B\"}]}")
        #expect(within.status == .within && within.judgements[0].isLimitInSpread)
        #expect(within.judgements[0].spread == 100...300 && within.judgements[0].value == 120)
        let over = try Scenario.check(runs, "{\"limits\": [{\"rss\": \"119 B\"}]}")
        #expect(over.status == .exceeded && over.judgements[0].isLimitInSpread)
        let clear = try Scenario.check(runs, "{\"limits\": [{\"rss\": \"99 B\"}]}")
        #expect(clear.status == .exceeded && !clear.judgements[0].isLimitInSpread)
    }

    @Test func `on a process that came in some runs only is not measured where it was named`() throws {
        let runs = [tree([["a"], ["b"]], [1, 1]), tree([["a"]], [1])]
        let named = try Scenario.check(runs, "{\"limits\": [{\"process\": \"b\", \"rss\": \"9 B\"}]}")
        #expect(named.judgements.map(\.outcome) == [.unmeasured(.missingInRuns(1, of: 2))])
        #expect(try Scenario.check(runs, "{\"limits\": [{\"rss\": \"9 B\"}]}").status == .within)
    }

    // What cannot be measured ----------------------------------------------------------------------------------------

    @Test func `at a mark that was never set is not measured`() throws {
        let run = marks([("warm", 1)])
        let report = try Scenario.check(run, limit: "\"at\": \"hot\", \"rss\": \"1 MiB\"")
        #expect(report.judgements.map(\.outcome) == [.unmeasured(.noMoment(MomentName(.mark("hot"))))])
        #expect(report.status == .unmeasured)
        let second = try Scenario.check(run, limit: "\"at\": \"warm#2\", \"rss\": \"1 MiB\"")
        #expect(second.status == .unmeasured)
    }

    @Test func `at a mark is about the processes that set it`() throws {
        let other = Scenario.process([Scenario.moment(.end, Scenario.report([.heapLive: mebibyte]))], of: ["sh"])
        var run = marks([("warm", 1)])
        run.processes.append(other)
        let report = try Scenario.check(run, limit: "\"at\": \"warm\", \"rss\": \"1 KiB\"")
        #expect(report.status == .within && report.judgements.map(\.process) == ["service"])
    }

    @Test func `at the exit of a killed process is not measured`() throws {
        let moment = Scenario.moment(.end, Scenario.report([.heapLive: 1]))
        let run = Scenario.recording([Scenario.process([moment], ending: .lost)])
        let report = try Scenario.check(run, limit: "\"rss\": \"1 MiB\"")
        #expect(report.judgements.map(\.outcome) == [.unmeasured(.killed)])
        #expect(report.notes == [.lost(process: "service", count: 1)])
    }

    private static let incomplete: [(String, String, Bool)] = [
        ("other-allocator", "heap.retained", true), ("leaves-full", "heap.live", true), ("torn", "free", true),
        ("slots-exhausted", "heap.live", false), ("samples-unreadable", "heap.live", false),
        ("fork-inexact", "live", false), ("leaves-full", "rss", false),
    ]

    @Test(arguments: incomplete)
    func `of incomplete books is not measured where they tell it`(missing: String, name: String, isLost: Bool) throws {
        let report = Scenario.report([.heapLive: 1], degraded: [missing])
        let run = Scenario.recording([Scenario.process([Scenario.moment(.end, report)])])
        let found = try Scenario.check(run, limit: "\"\(name)\": \"1 MiB\"")
        #expect(found.status == (isLost ? .unmeasured : .within))
    }

    @Test func `of a run that was no run is not measured`() throws {
        let good = Scenario.run([.heapLive: 1]).processes
        let runs: [(Recording, Unmeasured)] = [
            (Scenario.recording(good, status: .exited(3)), .commandExited(3)),
            (Scenario.recording(good, status: .signaled(9)), .commandSignaled(9)),
            (Scenario.recording(good, status: nil), .recordingIncomplete(["cut-off"])),
            (Scenario.recording(good, degraded: ["disk-full"]), .recordingIncomplete(["disk-full"])),
            (Scenario.recording([]), .nothingPreloaded),
        ]
        for (run, reason) in runs {
            let report = try Scenario.check(run, limit: "\"rss\": \"1 GiB\"")
            #expect(report.failures == [reason])
            #expect(report.status == .unmeasured && report.status.exitStatus == 3)
        }
        let bare = Scenario.report([.files: 1], degraded: ["segment-missing"], source: "none")
        let unseen = Scenario.recording([Scenario.process([Scenario.moment(.end, bare)])])
        #expect(try Scenario.check(unseen, limit: "\"rss\": \"1 GiB\"").failures == [.nothingPreloaded])
    }

    /// Nothing but what the kernel counts is known of it.
    private static let uncovered = RecordedProcess(
        index: 1, pid: 2, command: ["/opt/tool", "-x"], isCovered: false, ending: .lost, highWater: .mebibytes(30))

    private static let limitsOfUncovered: [(String, Unmeasured?)] = [
        ("\"process\": \"tool\", \"heap.retained\": \"1 MiB\"", .uncovered), ("\"rss\": \"1 GiB\"", .uncovered),
        ("\"process\": \"tool\", \"at\": \"warm\", \"live\": \"1 MiB\"", .uncovered),
        // It may have been more after the last look.
        ("\"process\": \"service\", \"live\": \"1 MiB\"", nil), ("\"at\": \"peak\", \"rss\": \"1 GiB\"", .uncovered),
        ("\"between\": [\"warm\", \"exit\"], \"growth\": {\"live\": \"1 GiB\"}", nil),
        // Only what carries the library sets marks.
        ("\"at\": \"warm\", \"live\": \"1 MiB\"", nil),
    ]

    @Test(arguments: limitsOfUncovered)
    func `on a process without the library is measured by the kernel alone`(
        limit: String, reason: Unmeasured?
    ) throws {
        var run = marks([("warm", 1)])
        run.processes.append(Self.uncovered)
        let report = try Scenario.check(run, limit: limit)
        #expect(report.unmeasured.map(\.outcome) == (reason.map { [.unmeasured($0)] } ?? []))
        #expect(report.status == (reason == nil ? .within : .unmeasured))
        #expect(report.notes.contains(.uncovered(process: "tool", rss: .mebibytes(30), count: 1)))
    }

    /// It was about loading it.
    @Test func `is not about a process that carried the library only later`() throws {
        var run = marks([("warm", 1)])
        var slow = Self.uncovered
        slow.ending = .exec
        run.processes.append(slow)
        let report = try Scenario.check(run, limit: "\"rss\": \"1 GiB\"")
        #expect(report.status == .within && report.processes == 1 && report.notes == [])
    }

    @Test func `holds the high-water mark of a process without the library`() throws {
        var run = marks([("warm", 1)])
        run.processes.append(Self.uncovered)
        let report = try Scenario.check(run, limit: "\"process\": \"tool\", \"at\": \"peak\", \"rss\": \"29 MiB\"")
        #expect(report.status == .exceeded && report.judgements[0].value == Double(30 << 20))
    }

    @Test func `is not about what is to be ignored`() throws {
        var run = marks([("warm", 1)])
        run.processes.append(Self.uncovered)
        for pattern in ["tool", "/opt/* -x"] {
            let budget = "{\"ignore\": [\"\(pattern)\"], \"limits\": [{\"heap.retained\": \"1 MiB\"}]}"
            let report = try Scenario.check([run], budget)
            #expect(report.status == .within && report.notes.isEmpty && report.processes == 1, "\(report)")
        }
    }

    @Test func `is not held where nothing carried the library`() throws {
        let run = Scenario.recording([Self.uncovered])
        let report = try Scenario.check(run, limit: "\"at\": \"peak\", \"rss\": \"1 GiB\"")
        #expect(report.failures == [.nothingPreloaded] && report.status == .unmeasured)
    }

    @Test func `tells a proof that failed from one that was not asked for`() throws {
        var moment = Scenario.moment(.end, Scenario.report([.heapLive: 1]))
        moment.proofFailure = "it would not be traced"
        let run = Scenario.recording([Scenario.process([moment])])
        let report = try Scenario.check(run, limit: "\"leaked\": \"0 B\"")
        #expect(report.unmeasured.map(\.outcome) == [.unmeasured(.proofFailed("it would not be traced"))])
    }

    /// Of many marks some are left out, and the others know their place.
    @Test func `on a trend counts the marks that were left out`() throws {
        var run = marks([1, 3, 5, 7, 9, 17].map { ("loop", $0 * 1000) })
        for (place, number) in [1, 3, 5, 7, 9, 17].enumerated() { run.processes[0].moments[place].number = number }
        let report = try Scenario.check(run, limit: "\"repeated\": \"loop\", \"live\": \"900 B\"")
        #expect(report.status == .exceeded && report.judgements[0].value == 1000)
        #expect(try Scenario.check(run, limit: "\"repeated\": \"loop\", \"live\": \"1000 B\"").status == .within)
        #expect(try Scenario.check(run, limit: "\"at\": \"loop#17\", \"live\": \"17000 B\"").status == .within)
        #expect(try Scenario.check(run, limit: "\"at\": \"loop#2\", \"live\": \"1 GiB\"").status == .unmeasured)
    }

    @Test func `that is exceeded yields to one that is not measured`() throws {
        let report = try Scenario.check(Scenario.run([.heapLive: 9]), limit: "\"rss\": \"1 B\", \"leaked\": \"0 B\"")
        #expect(report.exceeded.count == 1 && report.status == .unmeasured)
    }
}
