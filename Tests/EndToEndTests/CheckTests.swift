import Foundation
import Testing

/// `silt check`, from the command to its status.
struct `silt check` {
    /// Runs a check in a folder of its own, with a budget there, and leaves no segment behind.
    private func check(
        _ arguments: [String], budget: String? = nil, environment more: [String: String] = [:],
        in scratch: Scratch
    ) throws -> Outcome {
        var options: [String] = []
        if let budget {
            let file = "\(scratch.folder)/budget.jsonc"
            try budget.write(toFile: file, atomically: true, encoding: .utf8)
            options = ["--budget", file]
        }
        let environment = targetEnvironment(scratch, preloaded: false, adding: more)
        let outcome = try EndToEndTests.run([Build.silt, "check"] + options + arguments, environment: environment)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.segments) == [])
        return outcome
    }

    private func check(_ arguments: [String], budget: String) throws -> Outcome {
        try withScratch { try check(arguments, budget: budget, in: $0) }
    }

    private static let burst = ["--", Build.program("retained-burst")]

    @Test func `holds a program against its limits`() throws {
        let within = try check(
            Self.burst, budget: "{\"limits\": [{\"rss\": \"1 GiB\", \"heap.fragmented\": \"8 MiB\"}]}")
        #expect(within.status == 0 && within.output.contains("OK    2 limits hold, 1 process, 1 run\n"), "\(within)")
        let over = try check(
            Self.burst, budget: "{\"limits\": [\n{\"process\": \"retained*\", \"heap.retained\": \"8 MiB\"}]}")
        #expect(over.status == 1, "\(over)")
        #expect(over.output.contains("FAIL  heap.retained of retained-burst at exit: "))
        #expect(over.output.contains("limit 8.00 MiB") && over.output.contains("budget.jsonc:2"))
        #expect(over.output.contains("malloc_trim(0)"))
    }

    @Test func `takes recordings as other commands do, compressed too, and no report for one`() throws {
        try withScratch { scratch in
            let file = "\(scratch.folder)/run.json"
            let made = try EndToEndTests.run(
                [Build.silt, "run", "--record", file, "--json", "--out", "\(scratch.folder)/report.json"] + Self.burst,
                environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            #expect(made.status == 0)
            _ = try EndToEndTests.run(["/usr/bin/env", "gzip", "--keep", file])
            let budget = "{\"limits\": [{\"heap.retained\": \"8 MiB\"}]}"
            for name in ["run.json", "run.json.gz"] {
                let outcome = try check(["\(scratch.folder)/\(name)"], budget: budget, in: scratch)
                #expect(outcome.status == 1 && outcome.output.contains("heap.retained of retained-burst"), "\(outcome)")
            }
            let report = try check(["\(scratch.folder)/report.json"], budget: budget, in: scratch)
            #expect(report.status == 2 && report.errors.contains("it is a report"), "\(report)")
        }
    }

    /// A document is read by a program, which the command's own words would confuse.
    @Test func `prints its document alone`() throws {
        let budget = "{\"limits\": [{\"rss\": \"1 GiB\"}]}"
        let command = ["--", "/bin/sh", "-c", "echo said"]
        let document = try check(["--json"] + command, budget: budget)
        #expect(document.status == 0 && document.errors == "said\n", "\(document)")
        let json = try JSONSerialization.jsonObject(with: Data(document.output.utf8)) as? [String: Any]
        #expect(json?["schema"] as? String == "silt.check/1")
        let text = try check(command, budget: budget)
        #expect(text.status == 0 && text.output.hasPrefix("said\n") && text.errors == "", "\(text)")
    }

    /// What is relative to it is not asked while it is made, and is when it is there. A draft of a killed silt is no obstacle.
    @Test func `makes a baseline beside a budget that is relative to it`() throws {
        try withScratch { scratch in
            let file = "\(scratch.folder)/base.json"
            try "left".write(toFile: "\(file).part", atomically: true, encoding: .utf8)
            let budget = "{\"limits\": [{\"heap.retained\": \"+5%\"}]}"
            let made = try check(
                ["--baseline", file, "--update-baseline", "--runs", "5"] + Self.burst, budget: budget, in: scratch)
            #expect(made.status == 0 && made.output.contains("has 5"), "\(made)")
            #expect(!FileManager.default.fileExists(atPath: "\(file).part"))
            let held = try check(["--baseline", file, "--runs", "1"] + Self.burst, budget: budget, in: scratch)
            #expect(held.status == 0, "\(held)")
        }
    }

    private static let failures: [([String], String)] = [
        (["--", "/nonexistent/program"], "check its name"),
        (["--", "/bin/sh", "-c", "exit 5"], "the command ended with 5"),
        (["--", "/bin/sh", "-c", "kill -9 $$"], "the command was ended by signal 9"),
    ]

    /// Never a silent pass.
    @Test(arguments: failures)
    func `tells what could not be measured`(command: [String], words: String) throws {
        let outcome = try check(command, budget: "{\"limits\": [{\"rss\": \"1 GiB\"}]}")
        #expect(outcome.status == 3 && outcome.output.hasPrefix("ERROR "), "\(outcome)")
        #expect(outcome.flat.contains(words), "\(outcome)")
    }

    private static let unmeasured: [(String, String)] = [
        ("{\"limits\": [{\"process\": \"nobody\", \"rss\": \"1 GiB\"}]}", "no process matched 'nobody'"),
        ("{\"limits\": [{\"at\": \"never\", \"rss\": \"1 GiB\"}]}", "set no mark 'never'"),
        ("{\"limits\": [{\"leaked\": \"0 B\"}]}", "--leaks"),
    ]

    @Test(arguments: unmeasured)
    func `tells which limit could not be measured`(budget: String, words: String) throws {
        let outcome = try check(["--", "/bin/true"], budget: budget)
        #expect(outcome.status == 3, "\(outcome)")
        #expect(outcome.flat.contains(words), "\(outcome)")
    }

    @Test func `finds what is leaked with a proof`() throws {
        let leaking = ["--leaks", "--", Build.program("leak")]
        let outcome = try check(leaking, budget: "{\"limits\": [{\"leaked\": \"0 B\"}]}")
        #expect(outcome.status == 1 && outcome.output.contains("main.c:9"), "\(outcome)")
        let accepted = try check(
            leaking, budget: "{\"limits\": [{\"leaked\": \"0 B\"}], \"suppress\": [\"leak:main\"]}")
        #expect(accepted.status == 0, "\(accepted)")
    }

    private static let badBudgets: [(String, String)] = [
        (
            "{\"limits\": [\n{\"heap.retaind\": \"8 MiB\"}]}",
            "line 2: unknown quantity 'heap.retaind'; did you mean 'heap.retained'?"
        ),
        ("{\"limits\": [\n\n{\"rss\": \"+5%\"}]}", "line 3: the limit is relative to a baseline; give --baseline FILE"),
        ("{}", "has no limits"),
    ]

    @Test(arguments: badBudgets)
    func `refuses a budget before the command runs`(budget: String, words: String) throws {
        let outcome = try check(["--", "/bin/echo", "ran"], budget: budget)
        #expect(outcome.status == 2 && outcome.output == "" && outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }

    private static let badArguments: [[String]] = [
        ["--", "/bin/true"], ["--budget", "x"], ["--budget", "x", "--", ""],
        ["--budget", "x", "--runs", "0", "--", "a"],
        ["--budget", "x", "--runs", "2", "recording"], ["--budget", "x", "--update-baseline", "--", "a"],
        ["--budget", "x", "recording", "--", "a"], ["--baseline", "x", "--tolerance", "5", "--", "a"],
        ["--budget", "/nonexistent", "--", "/bin/echo"], ["--budget", "x", "--json", "--github", "--", "a"],
    ]

    @Test(arguments: badArguments)
    func `refuses what cannot be meant`(arguments: [String]) throws {
        let outcome = try EndToEndTests.run([Build.silt, "check"] + arguments)
        #expect(outcome.status == 2 && outcome.output == "" && outcome.errorLines.count == 1, "\(outcome)")
    }

    @Test(arguments: ["--out", "--junit", "--sarif"])
    func `tells of a file that cannot be written before the command runs`(option: String) throws {
        let outcome = try check(
            [option, "/nonexistent/file", "--", "/bin/echo", "ran"], budget: "{\"limits\": [{\"rss\": \"1 GiB\"}]}")
        #expect(outcome.status == 2 && outcome.output == "" && outcome.errors.contains(option), "\(outcome)")
    }

    @Test func `writes for others what it found`() throws {
        try withScratch { scratch in
            let (junit, sarif, summary) = (
                "\(scratch.folder)/junit.xml", "\(scratch.folder)/found.sarif", "\(scratch.folder)/summary.md"
            )
            try "before\n".write(toFile: summary, atomically: true, encoding: .utf8)
            let outcome = try check(
                ["--junit", junit, "--sarif", sarif, "--github"] + Self.burst,
                budget: "{\"limits\": [{\"heap.retained\": \"8 MiB\"}]}", environment: ["GITHUB_STEP_SUMMARY": summary],
                in: scratch)
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("\n::error file="), "\(outcome.output)")
            #expect(try String(contentsOfFile: junit, encoding: .utf8).contains("<failure message=\"heap.retained of"))
            #expect(try String(contentsOfFile: sarif, encoding: .utf8).contains("\"version\": \"2.1.0\""))
            let table = try String(contentsOfFile: summary, encoding: .utf8)
            #expect(table.hasPrefix("before\n### silt check: FAIL") && table.contains("| ❌ | heap.retained |"))
        }
    }

    // Recordings and baselines ---------------------------------------------------------------------------------------

    @Test func `judges recordings as runs`() throws {
        try withScratch { scratch in
            let file = "\(scratch.folder)/run.jsonl"
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            let recorded = try EndToEndTests.run(
                [Build.silt, "run", "--record", file, "--all", "--out", "/dev/null"] + Self.burst,
                environment: environment)
            #expect(recorded.status == 0, "\(recorded)")
            let outcome = try check(
                ["--json", file, file], budget: "{\"limits\": [{\"heap.retained\": \"8 MiB\"}]}", in: scratch)
            #expect(outcome.status == 1 && outcome.output.contains("\"runs\": 2"), "\(outcome)")
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let cut = text.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
            try cut.write(toFile: file, atomically: true, encoding: .utf8)
            let broken = try check([file], budget: "{\"limits\": [{\"rss\": \"1 GiB\"}]}", in: scratch)
            #expect(broken.status == 3 && broken.output.contains("cut off"), "\(broken)")
            try "nonsense".write(toFile: file, atomically: true, encoding: .utf8)
            let none = try check([file], budget: "{\"limits\": [{\"rss\": \"1 GiB\"}]}", in: scratch)
            #expect(none.status == 2 && none.errorLines.count == 1, "\(none)")
        }
    }

    @Test func `remembers how it was, and tells when it is not`() throws {
        try withScratch { scratch in
            let file = "\(scratch.folder)/baseline.json"
            let python = [Build.python, "-c"]
            func program(_ mebibytes: Int) -> [String] {
                ["--"] + python + ["x = [bytearray(b'x' * 1000) for _ in range(\(mebibytes) * 1000)]"]
            }
            let baseline = ["--baseline", file]
            let none = try check(baseline + program(20), in: scratch)
            #expect(none.status == 2 && none.errors.contains("baseline"), "\(none)")
            let few = try check(baseline + ["--update-baseline", "--runs", "4"] + program(20), in: scratch)
            #expect(few.status == 0, "\(few)")
            let early = try check(baseline + program(20), in: scratch)
            #expect(early.status == 3 && early.output.contains("at least five runs"), "\(early)")
            let enough = try check(baseline + ["--update-baseline"] + program(20), in: scratch)
            #expect(enough.status == 0 && enough.output.contains("has 5"), "\(enough)")

            let same = try check(baseline + program(20), in: scratch)
            #expect(same.status == 0 && same.output.hasPrefix("OK "), "\(same)")
            let more = try check(baseline + program(24), in: scratch)
            #expect(more.status == 1 && more.output.contains("FAIL  heap.retained of python3"), "\(more)")
            let less = try check(baseline + ["--strict"] + program(16), in: scratch)
            #expect(less.status == 4 && less.output.hasPrefix("LESS "), "\(less)")
            let accepted = try check(baseline + ["--tolerance", "1 GiB"] + program(24), in: scratch)
            #expect(accepted.status == 0, "\(accepted)")
            let mixed = try check(baseline + ["--update-baseline"] + program(24), in: scratch)
            #expect(mixed.status == 3 && mixed.output.contains("--runs 5"), "\(mixed)")
        }
    }
}

extension Outcome {
    /// The output without its line breaks, which depend on the length of a path.
    fileprivate var flat: String { output.split { $0.isWhitespace }.joined(separator: " ") }
}
