import Foundation
import TestSupport
import Testing

/// `silt run`, from the command to its report.
struct `silt run` {
    /// Runs a command with a report in JSON, and leaves no file behind.
    private func run(_ command: [String], options: [String] = []) throws -> (outcome: Outcome, report: RunDocument) {
        try withScratch { scratch in
            let file = "\(scratch.folder)/report.json"
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
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
