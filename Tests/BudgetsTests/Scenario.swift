import MemoryModel

@testable import Budgets

/// Made-up recordings: a process has the rows that a test gives it, and nothing else.
enum Scenario {
    static func report(
        _ rows: [Cause: Int], live: Int? = nil, blocks: Int = 100, sites: SiteReport? = nil, degraded: [String] = [],
        source: String = "shim", verdict: Verdict.Kind = .healthy
    ) -> Report {
        let ledger = Cause.allCases.map { LedgerRow(cause: $0, bytes: ByteCount(rows[$0] ?? 0)) }
        let rss = ByteCount(rows.values.reduce(0, +))
        var report = Report(
            process: ProcessFacts(pid: 1, command: ["p"]), allocator: "glibc 2.36",
            coverage: Coverage(source: source, degraded: degraded), rss: rss, swap: 0, ledger: ledger,
            heap: HeapReport(),
            managed: Managed(unmanaged: rss),
            verdict: Verdict(
                kind: verdict, bytes: 0, share: 0, summary: "",
                remedies: [Verdict.Remedy(kind: .lasting, action: "Do what the verdict says.", predicted: nil)]),
            tunables: nil, reading: Reading(), sites: sites)
        report.heap.live = ByteCount(live ?? rows[.heapLive] ?? 0)
        report.heap.liveBlocks = blocks
        report.heap.predictedTrim = ByteCount(rows[.heapRetained] ?? 0)
        return report
    }

    static func moment(_ kind: RecordedMoment.Kind, at seconds: Double = 1, _ report: Report) -> RecordedMoment {
        RecordedMoment(kind, seconds: seconds, report: report)
    }

    static func recording(
        _ processes: [RecordedProcess], status: Recording.End.Status? = .exited(0), degraded: [String] = [],
        environment: [RecordedFact] = [], startedAt: Double = 1e9
    ) -> Recording {
        Recording(
            version: "0.1.0", command: ["service"], environment: environment, startedAt: startedAt,
            processes: processes, end: status.map { Recording.End(seconds: 2, status: $0) }, degraded: degraded)
    }

    static func process(
        _ moments: [RecordedMoment], of command: [String] = ["/srv/bin/service", "--fast"],
        ending: ProcessRun.Ending = .exit, highWater: Int = 0
    ) -> RecordedProcess {
        RecordedProcess(
            index: 0, pid: 1, command: command, ending: ending, highWater: ByteCount(highWater), moments: moments)
    }

    /// One process that was read at its exit.
    static func run(_ rows: [Cause: Int], environment: [RecordedFact] = []) -> Recording {
        recording([process([moment(.end, report(rows))])], environment: environment)
    }

    static func check(
        _ runs: [Recording], _ budget: String, baseline: Baseline? = nil, tolerance: Double? = nil, strict: Bool = false
    ) throws -> CheckReport {
        var options = CheckOptions()
        options.budget = try Budget.parse(Array(budget.utf8))
        options.baseline = baseline
        options.tolerance = tolerance
        options.isStrict = strict
        return Budgets.check(runs, options)
    }

    static func check(_ run: Recording, limit: String) throws -> CheckReport {
        try check([run], "{\"limits\": [{\(limit)}]}")
    }
}

let mebibyte = 1 << 20
