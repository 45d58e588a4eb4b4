import Foundation
import MemoryModel
import System
import Testing

@testable import Capture

@Suite struct `The samples of a running program` {
    static let twoSites = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        static void *kept[300];
        static void *small(void) {
            return malloc(1000);
        }
        static void *large(void) {
            return calloc(1, 5000);
        }
        int main(void) {
            for (int i = 0; i < 100; i++) kept[i] = small();
            for (int i = 100; i < 150; i++) kept[i] = large();
            for (int i = 150; i < 160; i++) free(large());
            puts("ready");
            fflush(stdout);
            return getchar() == EOF && kept[0] ? 0 : 1;
        }
        """

    @Test func `have function, file and line of who allocated`() throws {
        let program = try SampledProgram(c: Self.twoSites)
        let heap = try program.sampled()
        #expect(heap.mean == 1 && heap.dropped == 0 && heap.degraded == [])
        func bytes(_ function: String, line: Int) -> Int {
            heap.requested(heap.live) {
                $0.function == function && $0.line == line && $0.file == "\(program.scratch.path)/program.c"
                    && $0.module == "\(program.scratch.path)/program"
            }
        }
        #expect(bytes("small", line: 6) == 100_000)
        #expect(bytes("large", line: 9) == 250_000)
        for stack in heap.stacks where stack.frames[0].function == "small" {
            #expect(stack.frames.map(\.function).prefix(2) == ["small", "main"] && stack.frames[1].line == 12)
        }
        #expect(heap.live.allSatisfy { $0.thread == program.pid && $0.born <= heap.readAt })
        #expect(heap.threadNames == [Int(program.pid): "program"])
    }

    /// As `silt run` does it, which lets a process go before it looks for names.
    @Test func `are named when the program has ended`() throws {
        var program: SampledProgram? = try SampledProgram(c: Self.twoSites)
        let pid = try #require(program?.pid)
        let folder = try #require(program?.scratch)
        let (snapshot, names) = try captureUnnamed(pid: pid, options: CaptureOptions())
        #expect(snapshot.heap?.sampled == nil && snapshot.heap?.leavesOutSamples == true)
        program = nil
        #expect(kill(pid, 0) == -1)
        let heap = try #require(names?.named())
        let bytes = heap.requested(heap.live) {
            $0.function == "small" && $0.line == 6 && $0.file == "\(folder.path)/program.c"
        }
        #expect(bytes == 100_000 && names?.sampleCount == heap.live.count + heap.left.count)
        #expect(heap.threadNames == [Int(pid): "program"])
    }

    /// An upgrade replaces the files of programs that run. Only the process's own links lead to them then, for root alone.
    @Test(.enabled(if: geteuid() == 0))
    func `are named when the program has ended, and its file was removed before`() throws {
        var program: SampledProgram? = try SampledProgram(c: Self.twoSites)
        let pid = try #require(program?.pid)
        let folder = try #require(program?.scratch)
        try FileManager.default.removeItem(atPath: "\(folder.path)/program")
        let (_, names) = try captureUnnamed(pid: pid, options: CaptureOptions())
        program = nil
        #expect(kill(pid, 0) == -1)
        let heap = try #require(names?.named())
        let bytes = heap.requested(heap.live) { $0.function == "small" && $0.line == 6 }
        #expect(bytes == 100_000)
    }

    @Test func `know the build-ids of their modules`() throws {
        let program = try SampledProgram(c: Self.twoSites)
        let heap = try program.sampled()
        let path = "\(program.scratch.path)/program"
        let reader = Process()
        let output = Pipe()
        reader.executableURL = URL(filePath: "/usr/bin/readelf")
        reader.arguments = ["-n", path]
        reader.standardOutput = output
        try reader.run()
        let notes = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        reader.waitUntilExit()
        let buildID = try #require(heap.buildIDs[path])
        #expect(buildID.count >= 32 && notes.contains("Build ID: \(buildID)\n"), "\(buildID): \(notes)")
    }

    @Test func `are left where the ledger alone is wanted`() throws {
        let program = try SampledProgram(c: Self.twoSites)
        #expect(try capture(pid: program.pid, options: CaptureOptions(readsSamples: false)).heap?.sampled == nil)
    }

    @Test func `are none where nothing is sampled`() throws {
        let program = try SampledProgram(c: Self.twoSites, environment: ["SILT_SAMPLE": "0"])
        let heap = try #require(try capture(pid: program.pid).heap)
        #expect(heap.sampled == nil && heap.liveBlocks >= 150)
    }

    /// CPython 3.11 and later.
    @Test func `have Python's frames where the interpreter ran them`() throws {
        let program = try SampledProgram(
            python: """
                import bz2, sys, threading
                def keep(size):
                    return bytearray(size)
                def outer():
                    return list(map(keep, [70001] * 20))
                class Holder:
                    def __init__(self):
                        self.kept = outer()
                        self.compressor = bz2.BZ2Compressor()
                holder = Holder()
                def work():
                    holder.other = keep(300001)
                    print("ready", flush=True)
                    sys.stdin.read()
                thread = threading.Thread(target=work, name="worker")
                thread.start()
                thread.join()
                """)
        let heap = try program.sampled()
        #expect(!heap.degraded.contains("python-unknown"))
        let file = "\(program.scratch.path)/program.py"
        func stacks(of request: ClosedRange<Int>) -> [[String]] {
            heap.live.filter { request.contains($0.request.rawValue) }.compactMap { sample in
                sample.stack.map { stack in
                    heap.stacks[stack].frames.map { frame in
                        frame.file == file ? "\(frame.function):\(frame.line ?? 0)" : frame.function
                    }
                }
            }
        }
        let kept = stacks(of: 70001...70100)
        #expect(kept.count == 20)
        let expected = ["keep:3", "outer:5", "Holder.__init__:8", "<module>:10"]
        #expect(kept.allSatisfy { $0.prefix(4) == expected[...] }, "\(kept.first ?? [])")
        let inThread = stacks(of: 300001...300100)
        #expect(inThread.map { $0.prefix(2) } == [["keep:3", "work:12"]], "\(inThread)")
        // bzip2's own memory: by C of an extension module, which stays between the frames of Python.
        let compressor = heap.stacks.filter { $0.frames.contains { $0.module.contains("_bz2") } }
        let callers = compressor.compactMap { stack in
            let place = stack.frames.firstIndex { $0.module.contains("_bz2") }!
            return stack.frames[place...].first { $0.language == .python }?.function
        }
        #expect(callers.contains("Holder.__init__") && callers.count == compressor.count, "\(callers)")
        // Nothing of the interpreter's is left beside its own code's frames.
        let mixed = heap.stacks.filter { $0.frames.contains { $0.language == .python } }
        #expect(mixed.count > 3)
        let interpreter = mixed.flatMap(\.frames).filter {
            $0.module.contains("/python3") && !$0.module.hasSuffix(".so")
        }
        #expect(interpreter.isEmpty, "\(interpreter.prefix(3))")
    }

    /// A program that brings the interpreter in while it runs, once more after it has been unloaded.
    @Test func `have Python's frames where the interpreter was loaded later`() throws {
        let program = try SampledProgram(
            c: """
                #include <dlfcn.h>
                #include <stdio.h>
                static void *start(void) {
                    void *python = dlopen("libpython3.11.so.1.0", RTLD_NOW | RTLD_GLOBAL);
                    if (!python) puts(dlerror());
                    else ((void (*)(void))dlsym(python, "Py_Initialize"))();
                    return python;
                }
                static void run(void *python, const char *script) {
                    ((int (*)(const char *))dlsym(python, "PyRun_SimpleString"))(script);
                }
                int main(void) {
                    void *python = start();
                    if (!python) return 1;
                    run(python, "def first(size):\\n    return bytearray(size)\\nheld = first(70001)\\n");
                    ((int (*)(void))dlsym(python, "Py_FinalizeEx"))();
                    dlclose(python);
                    python = start();
                    run(python, "def keep(size):\\n    return bytearray(size)\\n"
                                "held = [keep(80001) for _ in range(20)]\\n");
                    puts("ready");
                    fflush(stdout);
                    return getchar() == EOF ? 0 : 1;
                }
                """)
        let heap = try program.sampled()
        #expect(heap.degraded == [])
        let stacks = heap.live.filter { (80001...80100).contains($0.request.rawValue) }.map { sample in
            sample.stack.map { heap.stacks[$0].frames.prefix(2).map { "\($0.function):\($0.line ?? 0)" } }
        }
        #expect(stacks == Array(repeating: ["keep:2", "<listcomp>:3"], count: 20), "\(stacks.prefix(2))")
    }
}
