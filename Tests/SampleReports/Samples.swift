package import MemoryModel

/// Made-up readings, one for each kind of answer. Their ledgers sum to RSS.
package enum Sample {
    package static let retention = report(
        command: ["/usr/bin/python3", "worker.py", "--queue", "default"],
        ledger: [
            .heapLive: .kibibytes(10_240), .heapRetained: .mebibytes(192), .heapKept: .kibibytes(132),
            .heapFragmented: .kibibytes(1_900), .stacks: .kibibytes(132), .moduleData: .kibibytes(1_420),
            .files: .kibibytes(5_812), .silt: .kibibytes(640), .kernel: .kibibytes(4),
        ],
        verdict: Verdict(
            kind: .retention, bytes: .mebibytes(192), share: 0.905,
            summary: "192 MiB of the heap's pages hold no live byte, and glibc keeps them for later: 90.6 % of RSS.",
            remedies: [
                Verdict.Remedy(
                    kind: .now, action: "Call malloc_trim(0) once the burst is over.", predicted: .mebibytes(192)),
                Verdict.Remedy(
                    kind: .lasting,
                    action: "Set MALLOC_TRIM_THRESHOLD_=131072 and MALLOC_MMAP_THRESHOLD_=131072 before the process "
                        + "starts, so that the thresholds stay where they are.", predicted: nil),
            ]),
        tunables: Tunables(
            mmapThreshold: .mebibytes(32), trimThreshold: .mebibytes(64), isDynamic: true,
            raisedBy: "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0")
    ) { report in
        report.heap.predictedTrim = .mebibytes(192)
        report.heap.predictedTrimRange = .mebibytes(192)...(.mebibytes(193))
        report.heap.freeRuns = [
            HeapReport.FreeRuns(upTo: 4096, bytes: .mebibytes(1)),
            HeapReport.FreeRuns(upTo: .mebibytes(1), bytes: .mebibytes(40)),
            HeapReport.FreeRuns(upTo: nil, bytes: .mebibytes(151)),
        ]
        report.process.highWater = .mebibytes(260)
        report.process.forkedFrom = 4100
    }

    package static let fragmentation = report(
        command: ["/srv/bin/ingest"],
        ledger: [
            .heapLive: .mebibytes(210), .heapRetained: .mebibytes(3), .heapFragmented: .mebibytes(880),
            .mappings: .mebibytes(100), .stacks: .kibibytes(240), .shared: .mebibytes(2), .moduleData: .kibibytes(800),
            .files: .mebibytes(9), .silt: .kibibytes(900), .kernel: .kibibytes(8), .unexplained: .kibibytes(12),
        ],
        owners: [
            "/usr/lib/libarrow.so.1800": .mebibytes(64), "/usr/lib/libssl.so.3": .mebibytes(16),
            "/opt/vendor/lib/libssl.so.3": .mebibytes(10), "": .mebibytes(7), "/usr/lib/libz.so.1": .mebibytes(3),
        ],
        swap: [.heapLive: .mebibytes(12), .mappings: .mebibytes(300)],
        verdict: Verdict(
            kind: .fragmentation, bytes: .mebibytes(880), share: 0.729,
            summary: "880 MiB are free bytes on pages that 210 MiB of live blocks pin.",
            remedies: [
                Verdict.Remedy(kind: .now, action: "malloc_trim(0) cannot help with pinned pages.", predicted: 0),
                Verdict.Remedy(
                    kind: .lasting, action: "Keep what lives long apart from what does not.", predicted: nil),
            ]),
        tunables: Tunables(isDynamic: false, trimCalls: 3)
    ) { report in
        report.heap.predictedTrim = 0
        report.heap.predictedTrimRange = 0...(.mebibytes(8))
        report.heap.untouched = .mebibytes(12)
        report.heap.freeRuns = [
            HeapReport.FreeRuns(upTo: 4096, bytes: .mebibytes(2)),
            HeapReport.FreeRuns(upTo: nil, bytes: .mebibytes(1)),
        ]
        report.reading = Reading(seconds: 0.031, stopped: false, moved: .kibibytes(700))
    }

    package static let healthy = report(
        command: ["redis-server", "*:6379"],
        ledger: [
            .heapLive: .kibibytes(36_000), .heapRetained: .kibibytes(100), .heapFragmented: .kibibytes(1_220),
            .stacks: .kibibytes(96), .moduleData: .kibibytes(600), .files: .kibibytes(3_900), .silt: .kibibytes(512),
            .kernel: .kibibytes(4),
        ],
        verdict: Verdict(
            kind: .healthy, bytes: 0, share: 0, summary: "Of 36.5 MiB of heap, 35.2 MiB are in use.", remedies: []),
        tunables: Tunables())

    package static let threads = report(
        command: ["java-like", "-c", "pool of 16"],
        ledger: [
            .heapLive: .mebibytes(4), .heapRetained: .mebibytes(6), .heapKept: .mebibytes(96),
            .heapFragmented: .kibibytes(300), .stacks: .mebibytes(20), .moduleData: .kibibytes(600),
            .files: .kibibytes(3_900), .silt: .mebibytes(2), .kernel: .kibibytes(4),
        ],
        verdict: Verdict(
            kind: .threads, bytes: .mebibytes(96), share: 0.723,
            summary: "96.0 MiB are free at the tops of 16 arenas of threads, where trimming does not reach.",
            remedies: [
                Verdict.Remedy(
                    kind: .now, action: "Call malloc_trim(0): it reaches what is not a top.", predicted: .mebibytes(6)),
                Verdict.Remedy(kind: .lasting, action: "Set MALLOC_ARENA_MAX=2.", predicted: .mebibytes(84)),
            ])
    ) { report in
        report.process.threads = 17
        report.heap.predictedTrim = .mebibytes(6)
        report.heap.predictedTrimRange = .mebibytes(6)...(.mebibytes(6))
        var main = HeapReport.Arena(isMain: true)
        main.resident = .mebibytes(10)
        main.live = .mebibytes(4)
        main.retained = .mebibytes(6)
        report.heap.arenas = [main]
    }

    package static let withoutWitness = report(
        command: ["[postgres: walwriter]"],
        ledger: [
            .stacks: .kibibytes(132), .shared: .mebibytes(12), .moduleData: .kibibytes(1_420),
            .files: .kibibytes(9_000), .unexplained: .kibibytes(3_100),
        ],
        verdict: Verdict(
            kind: .unknown, bytes: .kibibytes(3_100), share: 0.12,
            summary: "The process carries no books of its heap.",
            remedies: [
                Verdict.Remedy(kind: .lasting, action: "Start it with silt run -- COMMAND.", predicted: nil)
            ])
    ) { report in
        report.allocator = "unknown"
        report.coverage = Coverage(source: "none", degraded: ["segment-missing", "of-a-later-version"])
    }

    /// Grows live, and keeps what it freed until it ends.
    package static let run = ProcessRun(
        peak: report(
            command: retention.process.command,
            ledger: [
                .heapLive: .mebibytes(231), .heapRetained: .mebibytes(9), .heapFragmented: .kibibytes(2_900),
                .mappings: .mebibytes(5), .stacks: .kibibytes(132), .moduleData: .kibibytes(1_420),
                .files: .kibibytes(5_812), .silt: .kibibytes(640), .kernel: .kibibytes(4),
            ],
            owners: ["/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0": .mebibytes(5)],
            verdict: Verdict(
                kind: .healthy, bytes: 0, share: 0, summary: "Of 243 MiB of heap, 231 MiB are in use.", remedies: []),
            tunables: Tunables()
        ) {
            $0.process.highWater = .mebibytes(259)
            $0.process.uptimeSeconds = 7.5
        },
        last: retention, ending: .exit)

    /// Three processes, one of them killed, one with the same verdict twice, one that was read once.
    package static let server: RunReport = {
        var killed = run
        killed.ending = .lost
        killed.peak = fragmentation
        killed.last = fragmentation
        killed.last.process.pid = 4243
        killed.last.process.uptimeSeconds += 60
        killed.parent = 4242
        var once = ProcessRun(peak: healthy, last: healthy, ending: .running, parent: 4242)
        once.last.process.pid = 4244
        return RunReport(command: retention.process.command, processes: [run, killed, once])
    }()

    package static let reports: [(name: String, report: Report)] = [
        ("retention", retention), ("fragmentation", fragmentation), ("healthy", healthy), ("threads", threads),
        ("without-witness", withoutWitness), ("pinned", pinned), ("left-behind", leftBehind), ("unsampled", unsampled),
        ("leaking", leaking), ("growing", growing), ("plateau", plateau),
    ]

    /// A report whose RSS and swap are the sums of its ledger.
    package static func report(
        command: [String], ledger: [Cause: ByteCount], owners: [String: ByteCount] = [:],
        swap: [Cause: ByteCount] = [:], verdict: Verdict, tunables: Tunables? = nil,
        change: (inout Report) -> Void = { _ in }
    ) -> Report {
        let rows = Cause.allCases.map { cause in
            LedgerRow(
                cause: cause, bytes: ledger[cause] ?? 0, swap: swap[cause] ?? 0,
                owners: cause == .mappings
                    ? owners.map { LedgerRow.Owner(name: $0.key, bytes: $0.value) }.sorted { $0.bytes > $1.bytes } : [])
        }
        let rss = ledger.values.reduce(0, +)
        var report = Report(
            process: ProcessFacts(pid: 4242, command: command, threads: 1, uptimeSeconds: 11_520),
            allocator: "glibc 2.36", coverage: Coverage(source: "shim", degraded: []), rss: rss,
            swap: swap.values.reduce(0, +), ledger: rows, heap: HeapReport(), managed: Managed(unmanaged: rss),
            verdict: verdict, tunables: tunables, reading: Reading(seconds: 0.004, stopped: true))
        report.heap.live = (ledger[.heapLive] ?? 0) + (swap[.heapLive] ?? 0)
        report.heap.liveBlocks = 81_920
        report.verdict.share = verdict.bytes.share(of: rss)
        change(&report)
        return report
    }
}
