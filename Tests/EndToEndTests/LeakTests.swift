import Foundation
import TestSupport
import Testing

/// What is proved to be leaked, against LeakSanitizer, and in every way to ask for it.
struct `Leaks, proved` {
    /// Every program by itself, compiled once: sixty runs of one binary.
    @Test func `are those that LeakSanitizer finds, and no others`() throws {
        #expect(LeakPrograms.names.count >= 50, "the probe itself: the programs were found")
        try withScratch { scratch in
            let build = try LeakPrograms.build(in: scratch.folder)
            for name in LeakPrograms.names { try compare(name, build, scratch) }
        }
    }

    private func compare(
        _ name: String, _ build: (plain: String, sanitized: String, library: String), _ scratch: Scratch
    ) throws {
        var environment = targetEnvironment(scratch, preloaded: false, adding: ["LEAKS_LIBRARY": build.library])
        environment["LSAN_OPTIONS"] = "exitcode=0"
        let verdict = try run([build.sanitized, name], environment: environment)
        try #require(verdict.status == 0, "\(name): \(verdict.errors)")
        let expected = Leaks(sanitizer: verdict.errors)
        let document =
            LeakPrograms.waiting.contains(name)
            ? try proveWaiting([build.plain, name], scratch)
            : try #require(try proveAtExit([build.plain, name], environment).first)
        let found = Leaks(document: document)
        #expect(document.complete && document.degraded == [], "\(name): \(document.degraded)")
        let isMisjudged = LeakPrograms.misjudged.contains(name)
        if isMisjudged {
            #expect(found.blocks == 0 && expected.blocks > 0, "\(name): \(expected.text)")
        } else {
            #expect(found == expected, "\(name): silt \(found.text); LeakSanitizer \(expected.text)")
        }
        LeakTable.shared.add(
            name, sanitizer: expected, silt: found,
            judgement: isMisjudged
                ? "held by memory that LeakSanitizer was not told of" : found == expected ? "" : "DIFFERS")
    }

    private func proveAtExit(
        _ command: [String], _ environment: [String: String], options: [String] = []
    ) throws -> [UnreachableDocument] {
        let outcome = try run(
            [Build.silt, "run", "--leaks", "--json"] + options + ["--"] + command, environment: environment)
        try #require(outcome.status == 0 && outcome.errors == "", "\(command): \(outcome.status) \(outcome.errors)")
        return try UnreachableDocument.run(outcome.output)
    }

    private func proveWaiting(_ command: [String], _ scratch: Scratch) throws -> UnreachableDocument {
        try withTarget(command, in: scratch, environment: ["SILT_SAMPLE": "1"]) { target in
            #expect(try target.line() == "ready")
            _ = eventually { rests(target.pid) }
            let outcome = try silt("leaks", "--unreachable", "\(target.pid)", "--json")
            try #require(outcome.status == 0, "\(outcome.errors)")
            #expect(target.isRunning)
            return try UnreachableDocument(outcome.output)
        }
    }

    // The command ------------------------------------------------------------------------------------------------

    @Test func `are named by function and line in the example`() throws {
        try withScratch { scratch in
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            let outcome = try run(
                [Build.silt, "run", "--leaks", "--", Build.program("leak")], environment: environment)
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n").map(String.init)
            let verdict = lines.first { $0.hasPrefix("verdict") } ?? ""
            #expect(verdict.contains("leak, 60.") && verdict.contains("proved"), "\(verdict)")
            #expect(outcome.output.contains("main main.c:9"), "\(outcome.output)")
        }
    }

    @Test func `set the exit status that is asked for`() throws {
        try withScratch { scratch in
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            let leaking =
                "import ctypes, sys; m = ctypes.CDLL(None).malloc; [m(1000) and 0 for _ in range(20)]; sys.exit(5)"
            func status(_ options: [String], _ program: String) throws -> Int32 {
                let silt = [Build.silt, "run", "--leaks", "--out", "/dev/null"] + options
                return try run(silt + ["--", Build.python, "-c", program], environment: environment).status
            }
            let found = [
                try status(["--leak-exitcode", "23"], leaking), try status([], leaking),
                try status(["--leak-exitcode", "23"], "import os; os.kill(os.getpid(), 9)"),
            ]
            #expect(found == [23, 5, 128 + 9])
        }
    }

    @Test func `are looked for in every process of the tree`() throws {
        let program = """
            import ctypes, os
            malloc = ctypes.CDLL(None).malloc
            for size in (1111, 2222):
                if os.fork() == 0:
                    for _ in range(20): malloc(size)
                    os._exit(0)
            while True:
                try: os.wait()
                except ChildProcessError: break
            for _ in range(20): malloc(3333)
            """
        try withScratch { scratch in
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            let found = try proveAtExit([Build.python, "-c", program], environment)
            #expect(found.count == 3)
            for size in [1111, 2222, 3333] {
                let holders = found.filter { $0.groups.contains { $0.blocks > 10 && $0.bytes == size * $0.blocks } }
                #expect(holders.count == 1, "\(size)")
            }
        }
    }

    @Test func `are kept silent by patterns, from a file and from the program`() throws {
        try withScratch { scratch in
            let source = """
                #include <stdlib.h>
                const char *__lsan_default_suppressions(void) { return "# known\\nleak:accepted_here\\n"; }
                __attribute__((noinline)) void accepted_here(void) { *(char *volatile *)&(char *){0} = malloc(10); }
                __attribute__((noinline)) void accepted_there(void) { *(char *volatile *)&(char *){0} = malloc(20); }
                __attribute__((noinline)) void lost(void) { *(char *volatile *)&(char *){0} = malloc(30); }
                __attribute__((noinline)) void clear(void) { volatile char room[9999]; for (int i = 0; i < 9999; i++) room[i] = 0; }
                int main(void) { accepted_here(); accepted_there(); lost(); clear(); return 0; }
                """
            try source.write(toFile: "\(scratch.folder)/p.c", atomically: true, encoding: .utf8)
            try "# mine\nleak:^accepted_t*re$\n".write(
                toFile: "\(scratch.folder)/patterns", atomically: true, encoding: .utf8)
            for level in ["-O0", "-O2"] {
                let program = "\(scratch.folder)/p\(level)"
                let compiled = try run(["/usr/bin/env", "gcc", "-g", level, "\(scratch.folder)/p.c", "-o", program])
                try #require(compiled.status == 0, "\(compiled.errors)")
                let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
                let found = try proveAtExit(
                    [program], environment, options: ["--suppressions", "\(scratch.folder)/patterns"])
                let process = try #require(found.first)
                #expect(
                    process.leaked.blocks == 1 && process.groups.first?.frames.first?.function == "lost", "\(level)")
                #expect(Set(process.suppressed.map(\.pattern)) == ["accepted_here", "^accepted_t*re$"])
            }
        }
    }

    @Test func `are proved of a sample without a false word`() throws {
        try withScratch { scratch in
            let build = try LeakPrograms.build(in: scratch.folder)
            let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            for name in ["cache", "tree_held", "threads", "cache_emptied"] {
                let found = try proveAtExit([build.plain, name], environment, options: ["--sample", "2000"])
                let process = try #require(found.first)
                #expect(!process.complete && process.degraded.contains("sampled"))
                #expect(process.decidedShare < 1)
                #expect(
                    process.groups.allSatisfy {
                        $0.frames.first?.function != "allocate_held" || name == "cache_emptied"
                    })
            }
        }
    }

    @Test func `are refused in a line where there is nothing to go by`() throws {
        try withScratch { scratch in
            let sleeper = [Build.python, "-c", "print('ready', flush=True); input()"]
            try withTarget(sleeper, in: scratch, environment: ["SILT_SAMPLE": "0"]) { target in
                _ = try target.line()
                let outcome = try silt("leaks", "--unreachable", "\(target.pid)")
                #expect(outcome.status == 3 && outcome.errorLines.count == 1)
                #expect(outcome.errors.contains("SILT_SAMPLE=1"))
                try target.tell()
            }
            try withTarget(sleeper, in: scratch, preloaded: false) { target in
                _ = try target.line()
                let outcome = try silt("leaks", "--unreachable", "\(target.pid)")
                #expect(outcome.status == 3 && outcome.errors.contains("silt run"))
                try target.tell()
            }
        }
    }

    @Test func `are refused of a process that a debugger holds, which runs on`() throws {
        try withScratch { scratch in
            let sleeper = [Build.python, "-c", "print('ready', flush=True); input()"]
            try withTarget(sleeper, in: scratch, environment: ["SILT_SAMPLE": "1"]) { target in
                _ = try target.line()
                let seize =
                    "import ctypes,sys; c=ctypes.CDLL(None); r=c.ptrace(0x4206,\(target.pid),0,0); print(r,flush=True); input()"
                let tracer = try Target(
                    [Build.python, "-c", seize], environment: ProcessInfo.processInfo.environment,
                    errors: scratch.errors)
                defer { tracer.end() }
                try #require(try tracer.line() == "0")
                let outcome = try silt("leaks", "--unreachable", "\(target.pid)")
                #expect(
                    outcome.status == 3 && outcome.errors.contains("traced by process \(tracer.pid)"),
                    "\(outcome.errors)")
                try tracer.tell()
                _ = try tracer.finish()
                try target.tell()
            }
        }
    }

    /// Maps and unmaps for as long as it lives, from several threads.
    @Test func `are looked for in a process that never rests, and it runs on`() throws {
        try withScratch { scratch in
            let program = """
                import mmap, threading, sys
                stop = False
                def work():
                    kept = []
                    while not stop:
                        kept.append(mmap.mmap(-1, 1 << 20)); kept.append(bytearray(200000))
                        if len(kept) > 20: kept = kept[10:]
                threads = [threading.Thread(target=work) for _ in range(4)]
                for t in threads: t.start()
                print('ready', flush=True); sys.stdin.readline(); stop = True
                for t in threads: t.join()
                """
            try withTarget([Build.python, "-c", program], in: scratch, environment: ["SILT_SAMPLE": "1"]) { target in
                _ = try target.line()
                for _ in 0..<5 {
                    let outcome = try silt("leaks", "--unreachable", "\(target.pid)", "--json")
                    #expect(outcome.status == 0, "\(outcome.errors)")
                    let document = try UnreachableDocument(outcome.output)
                    // Whatever Python holds is reachable; it leaks some blocks of its own at its start.
                    #expect(document.leaked.bytes < 100_000, "\(outcome.output.prefix(3000))")
                }
                try target.tell()
            }
        }
    }
}
