import Foundation
import TestSupport
import Testing

/// `silt run`, from the command to its report.
struct `silt run` {
    /// Runs a command with a report in JSON, and leaves no file behind.
    private func run(
        _ command: [String], options: [String] = [], environment more: [String: String] = [:]
    ) throws -> (outcome: Outcome, report: RunDocument) {
        try withScratch { scratch in
            let file = "\(scratch.folder)/report.json"
            let environment = targetEnvironment(scratch, preloaded: false, adding: more)
            let silt = [Build.silt, "run", "--json", "--out", file] + options + ["--"]
            let outcome = try EndToEndTests.run(silt + command, environment: environment)
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.segments) == [])
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            return (outcome, try RunDocument(text))
        }
    }

    @Test(arguments: try Example.all())
    func `finds in every example what it promises`(_ example: Example) throws {
        let (outcome, document) = try run(example.command)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
        #expect(document.schema == "silt.run/1")
        let expected = example.expected
        #expect(document.processes.count == expected.processes)
        let children = document.processes.filter { $0.parent != nil }
        #expect(children.count == expected.children?.count ?? 0)
        for process in document.processes {
            let isChild = process.parent != nil
            #expect(process.ending == "exited" || process.ending == "exit", "\(process.ending)")
            expectWhole(process.peak)
            expectWhole(process.last)
            let bounds = isChild ? expected.children : nil
            expectBounds(
                process.last, minimum: bounds?.minimum ?? expected.minimum, maximum: bounds?.maximum ?? expected.maximum
            )
            let verdict = bounds?.verdict ?? expected.verdict
            expect(
                [("the verdict \(process.last.verdict) is \(verdict)", process.last.verdict == verdict)], process.last,
                #_sourceLocation)
        }
    }

    @Test func `names the code behind what is there at the exit`() throws {
        let (_, document) = try run([Build.program("tagged-requests")], options: ["--sample", "65536"])
        let process = try #require(document.processes.first)
        let sites = try #require(process.last.content.sites)
        #expect(sites.meanBytes == 65536 && sites.degraded == [])
        for answer in [sites.holds, sites.pins] {
            let function = answer.groups.first?.frames.first?.function ?? ""
            #expect(["take", "search"].contains(function) && answer.samples > 300, "\(function) \(answer.samples)")
        }
    }

    /// More than are kept without names, each with a function of its own.
    @Test func `names the code of many processes that leave at once`() throws {
        let program = """
            import os
            def keep(number):
                exec(f"def site{number}(): return bytearray(12 << 20)", names := {})
                return names[f"site{number}"]()
            gate, open = os.pipe()
            for number in range(20):
                if os.fork() == 0:
                    held = keep(number)
                    held[:] = b"x" * len(held)
                    os.close(open)
                    os.read(gate, 1)
                    os._exit(0)
            os.close(open)
            for number in range(20): os.wait()
            """
        let (_, document) = try run([Build.python, "-c", program])
        let children = document.processes.filter { $0.parent != nil }
        #expect(children.count == 20 && children.allSatisfy { $0.ending == "exit" })
        let functions = children.compactMap { child in
            child.last.content.sites?.holds.groups.first?.frames.first?.function
        }
        #expect(Set(functions) == Set((0..<20).map { "site\($0)" }), "\(functions)")
    }

    /// Its periodic readings are of the ledger alone, which is not to be taken for a process without samples.
    @Test func `says nothing of the code of a process that is killed`() throws {
        let read = try withPauses(from: 1) { pause in
            let program = """
                import os, time
                held = bytearray(b'x' * (40 << 20))
                time.sleep(\(pause))
                os.kill(os.getpid(), 9)
                """
            return try run([Build.python, "-c", program]).report.processes.first
        } until: {
            $0?.ending == "lost"
        }
        let process = try #require(read)
        #expect(process.ending == "lost" && process.last.content.sites == nil && process.peak.content.sites == nil)
        expectWhole(process.last)
    }

    @Test(arguments: [("", "", ""), ("", "4096", "4096"), ("1", "", "1"), ("0", "4096", "0")])
    func `samples as it is told`(_ option: String, _ variable: String, _ value: String) throws {
        let options = option.isEmpty ? [] : ["--sample", option]
        let environment = variable.isEmpty ? [:] : ["SILT_SAMPLE": variable]
        let script = "echo $SILT_SAMPLE"
        let (outcome, _) = try run(["/bin/sh", "-c", script], options: options, environment: environment)
        #expect(outcome.output == "\(value)\n")
    }

    @Test func `says where nothing is sampled`() throws {
        let (_, document) = try run([Build.program("pinned-pages")], options: ["--sample", "0"])
        #expect(document.processes.map { $0.last.content.sites?.degraded } == [["sampling-off"]])
    }

    @Test func `names the code of a program that becomes another one`() throws {
        let program = """
            import os
            def keep(): return bytearray(b"x" * (30 << 20))
            held = keep()
            os.execv("/bin/true", ["true"])
            """
        let process = try #require(try run([Build.python, "-c", program]).report.processes.first)
        let frames = process.last.content.sites?.holds.groups.first?.frames ?? []
        #expect(process.ending == "exec" && frames.first?.function == "keep", "\(process.ending) \(frames)")
    }

    /// Between its last reading and the next program lies a search through 60,000 directories that do not exist, longer
    /// than a few ticks of the run: no periodic reading may take the place of the last.
    @Test func `keeps the last reading of a program that is slow to become another one`() throws {
        let program = """
            import ctypes, os
            def keep(): return bytearray(30 << 20)
            held = keep()
            os.environ["PATH"] = "a:" * 60000 + "/bin"
            ctypes.CDLL(None).execvp(b"true", (ctypes.c_char_p * 2)(b"true", None))
            """
        // What a reading in between would do depends on when it falls.
        for _ in 0..<3 {
            let process = try #require(try run([Build.python, "-c", program]).report.processes.first)
            let frames = process.last.content.sites?.holds.groups.first?.frames ?? []
            #expect(process.ending == "exec" && frames.first?.function == "keep", "\(process.ending) \(frames)")
        }
    }

    @Test func `explains itself, and knows its options`() throws {
        let help = try silt("run", "--help")
        #expect(help.status == 0 && help.output.contains("--sample <bytes>"), "\(help)")
        let unknown = try silt("run", "--sampel", "1", "--", "/bin/true")
        #expect(unknown.status == 2 && unknown.errors.contains("unknown option '--sampel'"), "\(unknown)")
    }

    @Test(arguments: ["-1", "x", "", "1.5", "99999999999999999999"])
    func `takes no distance that is none`(_ distance: String) throws {
        let outcome = try EndToEndTests.run([Build.silt, "run", "--sample=\(distance)", "--", "/bin/true"])
        #expect(outcome.status == 2 && outcome.errors.contains("sample"), "\(outcome.errors)")
    }

    /// Data that is loaded once is no leak, however long it takes.
    @Test func `calls nobody a leak who has stopped growing`() throws {
        let verdicts = try withPauses(from: 3) { pause in
            let program = """
                import os, time
                held = [bytes(4000) for _ in range(1000)]
                time.sleep(\(pause / 10))
                held += [bytes(4000) for _ in range(20000)]
                time.sleep(\(pause))
                os._exit(0)
                """
            return try run([Build.python, "-c", program]).report.processes.map(\.last.verdict)
        } until: {
            $0 == ["healthy"]
        }
        #expect(verdicts == ["healthy"])
    }

    @Test func `reports a small process where all are asked for`() throws {
        let (_, document) = try run([Build.program("untouched-block")], options: ["--all"])
        #expect(document.processes.map(\.last.verdict) == ["healthy"])
        #expect((document.processes.first?.last.heap.untouchedBytes ?? 0) > 1_069_547_520)
    }

    /// SIGKILL, since the threads of the tests, and so their children, block others.
    @Test(arguments: ["exit 0": 0, "exit 7": 7, "exit 255": 255, "kill -KILL $$": 128 + 9] as [String: Int32])
    func `ends as its command does`(_ script: String, _ status: Int32) throws {
        let ended = try run(["/bin/sh", "-c", script]).outcome.status
        #expect(ended == status)
    }

    @Test func `passes on what the command writes and nothing else`() throws {
        let (outcome, _) = try run(["/bin/sh", "-c", "echo out; echo err >&2"])
        #expect(outcome.output == "out\n")
        #expect(outcome.errors == "err\n")
    }
}
