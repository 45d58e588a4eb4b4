import Foundation
import Testing

/// Programs that mean to harm whoever looks at them. What one may not do on this machine is tried on others.
struct `A hostile process` {
    /// Runs a program of ours; `body` gets its PID where it could do what it is for.
    private func withHostile(_ name: String, _ body: (Int32) throws -> Void) throws {
        try withScratch { scratch in
            let command = [Build.python, Build.script(name), scratch.segments]
            try withTarget(command, in: scratch) { target in
                let message = try target.message()
                if message.ready == true { try body(target.pid) }
            }
        }
    }

    /// Bounded by the shell: a silt that believed them would take the machine's memory.
    @Test(arguments: [[], ["--json"], ["--stop"]]) func `may have arguments without end`(_ options: [String]) throws {
        try withHostile("endless-arguments") { pid in
            let command = ["/bin/sh", "-c", "ulimit -v 4000000; exec \"$@\"", "sh", Build.silt, "report", "\(pid)"]
            let outcome = try run(command + options)
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
            // 128 KiB of empty arguments, ten characters of JSON each.
            #expect(outcome.output.utf8.count < 1 << 21)
        }
    }

    /// Bounded from outside: a silt that waited for them would wait for ever.
    @Test(arguments: [[], ["--stop"]]) func `may have pages that nobody ever serves`(_ options: [String]) throws {
        try withHostile("unanswered") { pid in
            let command = ["/usr/bin/timeout", "-s", "KILL", "60", Build.silt, "report", "\(pid)", "--json"]
            let outcome = try run(command + options)
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
            expectWhole(try ReportDocument(outcome.output))
        }
    }

    private static let odd = "\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}\u{9b}31m\r"

    private func expectTame(_ outcome: Outcome) {
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
        #expect(outcome.output.contains("odd-names.py"))
        let wild = outcome.output.unicodeScalars.filter { scalar in
            [.control, .format].contains(scalar.properties.generalCategory) && scalar != "\n"
        }
        #expect(wild.isEmpty, "\(wild.map(\.value))")
    }

    @Test(arguments: [[], ["--json"]]) func `may have names that a terminal would act upon`(_ options: [String]) throws
    {
        try withScratch { scratch in
            let command = [Build.python, Build.script("odd-names"), scratch.segments, Self.odd]
            try withTarget(command + ["--wait"], in: scratch) { target in
                _ = try target.ready()
                expectTame(try run([Build.silt, "report", "\(target.pid)"] + options))
            }
            expectTame(try run([Build.silt, "run", "--all"] + options + ["--"] + command))
        }
    }

    @Test(.enabled(if: Privileges.isRoot, "root may change its root")) func `may be everywhere at once`() throws {
        try withHostile("wandering") { pid in
            for turn in 0..<40 {
                let report = try report(on: pid, options: turn % 2 == 0 ? ["--stop"] : [])
                #expect(report.content.ledger.reduce(0) { $0 + $1.bytes } == report.rss)
                // What its root does not lead to is not looked for anywhere else.
                let lost: Set<String> = ["segment-unreadable", "segment-invalid"]
                #expect(lost.isSuperset(of: report.coverage.degraded), "\(report.coverage.degraded)")
            }
        }
    }
}
