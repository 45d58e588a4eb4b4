import Foundation
import Testing

/// The settings that `silt env` prints, used as they are meant to be.
struct `silt env` {
    /// Runs a shell on what `silt env` prints, and returns the LD_PRELOAD that a program then sees.
    private func preload(before: String?) throws -> String {
        var environment = ["PATH": "/usr/bin:/bin"]
        environment["LD_PRELOAD"] = before
        let script = "eval \"$('\(Build.silt)' env)\"; exec printenv LD_PRELOAD"
        let outcome = try run(["/bin/sh", "-c", script], environment: environment)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    @Test func `preloads the library in a shell, and keeps what is preloaded already`() throws {
        let other = "/lib/x86_64-linux-gnu/libm.so.6"
        let library = try preload(before: nil)
        #expect(library.hasSuffix("/libsilt.so") && FileManager.default.isReadableFile(atPath: library))
        let isThere = FileManager.default.fileExists(atPath: other)
        if isThere { #expect(try preload(before: other) == "\(library):\(other)") }
    }

    @Test func `prints an object of variables`() throws {
        let outcome = try silt("env", "--json")
        let variables = try JSONDecoder().decode([String: String].self, from: Data(outcome.output.utf8))
        #expect(variables.keys.sorted() == ["LD_PRELOAD"])
        try withScratch { scratch in
            try withTarget(
                [Build.program("retained-burst"), "--wait"], in: scratch, preloaded: false, environment: variables
            ) { target in
                _ = try target.ready()
                expectWhole(try report(on: target.pid))
            }
        }
    }

    @Test func `prints options of docker, one word each or quoted`() throws {
        let outcome = try run(["/bin/sh", "-c", "for word in $('\(Build.silt)' env --docker); do echo \"$word\"; done"])
        let words = outcome.output.split(separator: "\n").map(String.init)
        let library = try preload(before: nil)
        #expect(words == ["--volume", "\(library):\(library):ro", "--env", "LD_PRELOAD=\(library)"])
    }

    @Test(arguments: [
        ("--shell", "export SILT_SAMPLE=4096\n"), ("--docker", " --env SILT_SAMPLE=4096\n"),
        ("--systemd", "Environment=\"SILT_SAMPLE=4096\"\n"), ("--json", "\"SILT_SAMPLE\":\"4096\"}\n"),
    ])
    func `prints how much is to be sampled, where that is set`(_ format: String, _ end: String) throws {
        func printed(_ sample: String) throws -> Outcome {
            try run([Build.silt, "env", format], environment: ["SILT_SAMPLE": sample])
        }
        let (told, untold) = (try printed("4096").output, try printed("").output)
        #expect(told.hasSuffix(end), "\(told)")
        #expect(untold.contains("LD_PRELOAD") && !untold.contains("SILT_SAMPLE"))
        let refused = try printed("many")
        #expect(refused.status == 2 && refused.output == "" && refused.errors.contains("SILT_SAMPLE is 'many'"))
    }

    @Test func `prints a line of a unit of systemd`() throws {
        let library = try preload(before: nil)
        #expect(try silt("env", "--systemd").output == "Environment=\"LD_PRELOAD=\(library)\"\n")
    }
}
