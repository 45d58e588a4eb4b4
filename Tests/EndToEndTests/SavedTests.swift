import Foundation
import Testing

/// What was recorded answers like the process that it is of.
struct `What was saved` {
    /// Records a command in a folder of its own, and hands on the file.
    private func withRecording<Result>(
        of command: [String], options: [String] = [], _ body: (_ file: String, _ scratch: Scratch) throws -> Result
    ) throws -> Result {
        try withScratch { scratch in
            let file = "\(scratch.folder)/run.json"
            let arguments = ["run", "--record", file, "--out", "\(scratch.folder)/text"] + options + ["--"] + command
            let outcome = try run(
                [Build.silt] + arguments, environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            try #require(outcome.status == 0, "\(outcome.errors)")
            return try body(file, scratch)
        }
    }

    /// A hundred columns, as `silt run --out` writes.
    private func wide(_ arguments: String...) throws -> Outcome {
        var environment = ProcessInfo.processInfo.environment
        environment["COLUMNS"] = "100"
        return try run([Build.silt] + arguments, environment: environment)
    }

    private func json(_ arguments: String...) throws -> NSDictionary {
        let outcome = try run([Build.silt] + arguments + ["--json"])
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? NSDictionary)
    }

    private static let burst = [Build.program("retained-burst")]

    @Test func `says what the run said`() throws {
        try withRecording(of: Self.burst) { file, scratch in
            let said = try String(contentsOfFile: "\(scratch.folder)/text", encoding: .utf8)
            #expect(said.contains("retained") && said.contains("verdict"))
            let outcome = try wide("report", file)
            #expect(outcome.status == 0 && outcome.errors == "" && outcome.output == said)
            // And so does what is compressed.
            let zipped = "\(file).gz"
            _ = try run(["/bin/sh", "-c", "gzip -c '\(file)' > '\(zipped)'"])
            #expect(try wide("report", zipped).output == said)
        }
    }

    /// One moment, by all the ways that lead to it.
    @Test func `is read at a moment`() throws {
        try withRecording(of: Self.burst) { file, scratch in
            let report = try json("report", "\(file)@exit")
            #expect(report["schema"] as? String == "silt.report/1")
            #expect(try json("report", "\(file):0@exit") == report)
            #expect(try json("report", "\(file)@exit", "--process", "burst") == report)
            let saved = "\(scratch.folder)/saved.json"
            try Data(try silt("report", "\(file)@exit", "--json").output.utf8).write(to: URL(fileURLWithPath: saved))
            #expect(try json("report", saved) == report)
            let sites = try #require(report["sites"] as? NSDictionary)
            for (command, key) in [("sites", "holds"), ("pins", "pins"), ("left", "left")] {
                #expect(try json(command, file)["answer"] as? NSDictionary == sites[key] as? NSDictionary)
            }
            #expect(try json("leaks", file)["leaks"] as? NSObject == report["leaks"] as? NSObject)
            let text = try wide("left", file).output
            #expect(text.hasPrefix("\(file) · at exit, ") && text.contains("retained-burst"))
        }
    }

    @Test func `becomes a page`() throws {
        try withRecording(of: Self.burst) { file, scratch in
            let page = "\(scratch.folder)/page.html"
            let outcome = try silt("report", "--html", page, file)
            #expect(outcome.status == 0 && outcome.output == "" && outcome.errors == "")
            let text = try String(contentsOfFile: page, encoding: .utf8)
            #expect(text.hasPrefix("<!DOCTYPE html>") && text.contains("retained-burst"))
            #expect(try silt("report", "--html", "-", file).output == text)
            let refusals: [(arguments: [String], status: Int32, words: String)] = [
                (["1"], 2, "--html is for a recording"), (["\(file)@peak"], 2, "without '@'"),
                ([file, "--json"], 2, "exclude one another"), (["/nonexistent/run.json"], 2, "give a PID, or a file"),
            ]
            for (arguments, status, words) in refusals {
                let refusal = try run([Build.silt, "report", "--html", page] + arguments)
                #expect(refusal.status == status && refusal.errors.contains(words), "\(refusal.errors)")
                #expect(refusal.errors.split(separator: "\n").count == 1)
            }
            let unwritable = try silt("report", "--html", "/nonexistent/page.html", file)
            #expect(unwritable.status == 3 && unwritable.errors.contains("choose another file with --html"))
        }
    }

    @Test func `has the proof that was asked for`() throws {
        try withRecording(of: [Build.program("leak")], options: ["--leaks"]) { file, _ in
            let proof = try json("leaks", "--unreachable", file)
            #expect(proof["schema"] as? String == "silt.unreachable/1")
            #expect(((proof["leaked"] as? NSDictionary)?["blocks"] as? Int ?? 0) > 100_000)
        }
    }

    @Test func `differs from itself in nothing, and from another in what it says`() throws {
        try withRecording(of: Self.burst) { burst, _ in
            #expect(try silt("diff", burst, burst).output.hasPrefix("RSS is the same, and so is every row\n"))
            try withRecording(of: [Build.program("pinned-pages")]) { pinned, _ in
                let refusal = try silt("diff", burst, pinned)
                #expect(refusal.status == 2 && refusal.errors.contains("no program is in both"))
                let diff = try json("diff", "\(burst):0", "\(pinned):0")
                let process = try #require((diff["processes"] as? [NSDictionary])?.first)
                let rows = try #require(process["rows"] as? [NSDictionary])
                let sum = rows.compactMap { $0["difference_bytes"] as? Int }.reduce(0, +)
                #expect(rows.count == 12 && sum == process["difference_bytes"] as? Int)
                let moved = rows.prefix(2).compactMap { $0["cause"] as? String }
                #expect(Set(moved) == ["heap.retained", "heap.fragmented"])
            }
        }
    }

    @Test func `is read as far as it came`() throws {
        try withRecording(of: Self.burst) { file, scratch in
            let whole = try Data(contentsOf: URL(fileURLWithPath: file))
            let cut = "\(scratch.folder)/cut.json"
            try whole.prefix(whole.count - 10).write(to: URL(fileURLWithPath: cut))
            let outcome = try wide("report", cut)
            #expect(outcome.status == 0 && outcome.output.contains("was cut off after"))
            #expect(try wide("sites", cut).output.contains("cut off"))
        }
    }

    @Test func `that is none is refused in one line`() throws {
        try withScratch { scratch in
            let empty = "\(scratch.folder)/empty"
            try Data().write(to: URL(fileURLWithPath: empty))
            let later = "\(scratch.folder)/later@peak"
            try Data("{\"schema\":\"silt.recording/9\"}\n".utf8).write(to: URL(fileURLWithPath: later))
            let zip = "\(scratch.folder)/bomb.gz"
            _ = try run(["/bin/sh", "-c", "head -c 300000000 /dev/zero | gzip -c > '\(zip)'"])
            for (path, words) in [
                (empty, "it is empty"), (later, "use a later silt"), (zip, "larger than any recording"),
                (scratch.folder, "Is a directory"), ("/dev/null", "it is empty"),
                ("\(scratch.folder)/no", "No such file"),
                ("/etc/os-release", "it is no JSON"),
            ] {
                for command in ["report", "sites", "leaks"] {
                    let outcome = try silt(command, path)
                    #expect(outcome.status == 2 && outcome.output == "" && outcome.errorLines.count == 1)
                    #expect(outcome.errors.contains(words), "\(outcome.errors)")
                }
            }
        }
    }

    @Test func `refuses what only a process can answer`() throws {
        try withRecording(of: Self.burst) { file, _ in
            for (arguments, words) in [
                (["sites", file, "--by", "thread"], "leave --by out"), (["report", "\(file)@never"], "it has "),
                (["report", "\(file):7"], "it has only process 0"), (["report", "\(file)@"], "names no moment"),
                (["export", file, "--format", "html"], "not the samples"),
                (["report", file, "--stop"], "leave them out"),
                (["leaks", "--unreachable", file], "silt run --leaks --record"),
                (["report", "1", "--process", "0"], "is for recordings"),
            ] {
                let outcome = try run([Build.silt] + arguments)
                #expect([2, 3].contains(outcome.status) && outcome.output == "" && outcome.errorLines.count == 1)
                #expect(outcome.errors.contains(words), "\(outcome.errors)")
            }
        }
    }
}

struct `silt compare` {
    private func compare(_ command: [String], _ options: String...) throws -> (outcome: Outcome, document: NSDictionary)
    {
        try withScratch { scratch in
            let arguments = [Build.silt, "compare", "--json"] + options + ["--"] + command
            let outcome = try run(arguments, environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? NSDictionary
            return (outcome, document ?? [:])
        }
    }

    private func settings(_ document: NSDictionary) -> [String: NSDictionary] {
        let all = document["settings"] as? [NSDictionary] ?? []
        return Dictionary(all.map { ($0["name"] as? String ?? "", $0) }) { first, _ in first }
    }

    /// Threads that end leave their arenas' tops behind: fixed thresholds give them back.
    /// Which one is recommended depends on the clock too: MemoryModelTests hold the rule.
    @Test func `tells what each setting leaves`() throws {
        let (outcome, document) = try compare([Build.program("thread-arenas")], "--runs", "2")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(document["schema"] as? String == "silt.compare/1")
        let settings = settings(document)
        func final(_ name: String) -> Int {
            (settings[name]?["final_bytes"] as? NSDictionary)?["median"] as? Int ?? -1
        }
        #expect(final("as it is") > 100 << 20 && final("thresholds") < 20 << 20 && final("thresholds") > 0)
        #expect(settings["as it is"]?["runs"] as? Int == 2)
        if let recommended = document["recommended"] as? String { #expect(final(recommended) < final("as it is")) }
        #expect(!outcome.output.contains("\"ready\""), "what the command prints is thrown away")
    }

    @Test func `says under which setting the command failed`() throws {
        let script = "[ -z \"$MALLOC_ARENA_MAX\" ] || exit 7"
        let (outcome, document) = try compare(["/bin/sh", "-c", script])
        #expect(outcome.status == 0)
        let settings = settings(document)
        #expect(settings["ARENA_MAX=2"]?["failure"] as? String == "the command ended with status 7")
        #expect(settings["as it is"]?["failure"] is NSNull)
    }

    @Test func `ends with status 3 where nothing could be compared`() throws {
        let failed = try run([Build.silt, "compare", "--", "/bin/false"])
        #expect(failed.status == 3 && failed.errorLines.count == 1)
        let missing = try run([Build.silt, "compare", "--", "/nowhere/program"])
        #expect(missing.status == 3 && missing.output == "" && missing.errorLines.count == 1)
        #expect(try run([Build.silt, "compare"]).status == 2)
    }
}
