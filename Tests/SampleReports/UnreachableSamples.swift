package import MemoryModel

/// Made-up proofs.
extension Sample {
    package static let leaked: UnreachableReport = {
        let frames = [
            Frame(function: "Session::open(int)", file: "/src/session.cpp", line: 41, module: "/usr/bin/server"),
            Frame(function: "serve", file: "/src/main.cpp", line: 120, module: "/usr/bin/server"),
        ]
        var report = UnreachableReport(
            process: ProcessFacts(pid: 4711, command: ["/usr/bin/server", "--port", "80"], threads: 9),
            groups: [
                .init(isDirect: true, tally: .init(blocks: 41_000, bytes: .mebibytes(120)), frames: frames),
                .init(
                    isDirect: false, tally: .init(blocks: 82_000, bytes: .mebibytes(40)),
                    frames: [Frame(function: "std::string::_M_create", module: "/usr/lib/libstdc++.so.6")] + frames),
                .init(isDirect: true, tally: .init(blocks: 1, bytes: 17), frames: []),
            ], live: .init(blocks: 400_000, bytes: .mebibytes(300)),
            reachable: .init(blocks: 276_000, bytes: .mebibytes(130)),
            isComplete: true, heldSeconds: 0.1234)
        report.suppressed = [.init(pattern: "^known*\u{1B}[31m", tally: .init(blocks: 3, bytes: 300))]
        return report
    }()

    package static let sampledLeak: UnreachableReport = {
        var report = leaked
        report.isComplete = false
        report.suppressed = []
        report.reachable = .init(blocks: 1000, bytes: .mebibytes(2))
        report.undecided = .init(blocks: 3000, bytes: .mebibytes(20))
        report.degraded = [
            "sampled", "blocks-damaged", "memory-unreadable-in-part", "fork-inexact", "no-unwinder", "x\u{1B}y",
        ]
        report.further = .init(blocks: 12, bytes: 1200)
        return report
    }()

    package static let nothingLeaked = UnreachableReport(
        process: ProcessFacts(pid: 4712, command: ["/usr/bin/server"]), groups: [],
        live: .init(blocks: 5, bytes: 500), reachable: .init(blocks: 5, bytes: 460), isComplete: true,
        heldSeconds: 0.004)
}
