import Foundation
import Testing

/// What silt cannot do it says in one line, with status 2 (usage) or 3 (cannot measure).
struct `A refusal` {
    private func expectRefusal(_ outcome: Outcome, _ status: Int32, saying part: String = "") {
        #expect(outcome.status == status)
        #expect(outcome.output == "")
        #expect(outcome.errorLines.count == 1 && outcome.errors.hasSuffix("\n"), "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("silt: "))
        #expect(part.isEmpty || outcome.errors.contains(part), "\(outcome.errors)")
    }

    @Test(arguments: [
        ["report"], ["report", "0"], ["report", "-1"], ["report", "--", "-1"], ["report", "one"], ["report", ""],
        ["report", "99999999999999999999"], ["report", "1", "2"], ["report", "1", "--nonsense"],
        ["report", "1", "--residency", "guess"], ["env", "--shell", "--json"], ["nonsense"],
        ["export", "1"], ["export", "1", "--format", "pdf"], ["export", "1", "--format", "html", "--value", "love"],
        ["export", "0", "--format", "html"], ["export", "1", "--format", "html", "-o", ""],
    ])
    func `of unusable arguments is one line and status 2`(_ arguments: [String]) throws {
        expectRefusal(try run([Build.silt] + arguments), 2)
    }

    @Test func `of a process that does not exist is one line and status 3`() throws {
        // Above the most that the kernel gives: PID_MAX_LIMIT, include/linux/threads.h.
        let number = "\(4 << 20 + 1)"
        for options in [[], ["--json"], ["--stop"]] {
            expectRefusal(try run([Build.silt, "report", number] + options), 3, saying: number)
        }
    }

    @Test func `to export what has no samples is one line and status 3`() throws {
        try withScratch { scratch in
            let file = "\(scratch.folder)/profile"
            try withTarget(["/bin/cat"], in: scratch, preloaded: false) { target in
                for format in ["pprof", "collapsed", "speedscope", "html"] {
                    let outcome = try silt("export", "\(target.pid)", "--format", format, "-o", file)
                    expectRefusal(outcome, 3, saying: "no samples")
                }
            }
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }

    private static let hasKernelThread =
        (try? String(contentsOfFile: "/proc/2/comm", encoding: .utf8)) == "kthreadd\n"

    @Test(.enabled(if: hasKernelThread, "PID 2 is the kernel's"))
    func `of a thread of the kernel is one line and status 3`() throws {
        expectRefusal(try silt("report", "2"), 3, saying: "kernel")
        expectRefusal(try silt("report", "2", "--stop"), 3, saying: "kernel")
    }

    @Test func `of a process that has ended and was not waited for is one line and status 3`() throws {
        let program = """
            import json, os, sys
            child = os.fork()
            if child == 0: os._exit(0)
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            print(json.dumps({"ready": True, "pid": child}), flush=True)
            sys.stdin.read()
            """
        try withScratch { scratch in
            try withTarget([Build.python, "-c", program], in: scratch) { target in
                let zombie = try #require(try target.ready().first?.pid)
                expectRefusal(try silt("report", "\(zombie)"), 3, saying: "\(zombie)")
                expectRefusal(try silt("report", "\(zombie)", "--stop"), 3, saying: "\(zombie)")
            }
        }
    }

    @Test(.enabled(if: Privileges.isRoot, "root may become another user"))
    func `of another user's process is one line and status 3`() throws {
        try withScratch { scratch in
            let program = try Privileges.publish(Build.silt, in: scratch)
            try withTarget([Build.program("untouched-block"), "--wait"], in: scratch) { target in
                _ = try target.ready()
                for options in [[], ["--stop"], ["--residency", "pagemap"]] {
                    let command = Privileges.asNobody([program, "report", "\(target.pid)"] + options)
                    expectRefusal(try run(command), 3, saying: "permitted")
                }
            }
        }
    }

    /// Either answer may come, depending on the moment; never a crash, a hang or half a report.
    @Test(arguments: [[], ["--stop"]]) func `or a report, while the process ends`(_ options: [String]) throws {
        var statuses: [Int32: Int] = [:]
        // Aims at the moment between the two answers, wherever this machine has it.
        var delay = 4000.0
        for _ in 0..<40 {
            try withScratch { scratch in
                try withTarget([Build.program("own-mappings"), "--wait"], in: scratch) { target in
                    _ = try target.ready()
                    let ending = Ending(target, afterMicroseconds: Int(delay))
                    let outcome = try run([Build.silt, "report", "\(target.pid)", "--json"] + options)
                    ending.wait()
                    statuses[outcome.status, default: 0] += 1
                    delay = min(10_000_000, delay * (outcome.status == 0 ? 0.7 : 1.6))
                    if outcome.status == 3 { return expectRefusal(outcome, 3, saying: "\(target.pid)") }
                    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
                    let report = try ReportDocument(outcome.output)
                    #expect(report.content.ledger.reduce(0) { $0 + $1.bytes } == report.rss)
                }
            }
        }
        // The probe itself: some came in time, and some too late.
        #expect(statuses.keys.contains(0))
    }
}
