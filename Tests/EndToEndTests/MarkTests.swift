import Foundation
import MemoryModel
import Recordings
import Rendering
import TestSupport
import Testing

/// `silt mark`, and `silt_mark` where nobody records.
@Suite struct `A recorded process` {
    /// A socket's path has 107 bytes; that of the run's directory may have as many, and one has to get there from outside.
    @Test func `can be marked in a directory with a long name`() throws {
        try withScratch { scratch in
            let folder = scratch.folder + "/" + String(repeating: "x", count: 82 - scratch.folder.utf8.count)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let outcome = try run(
                recordCommand(scratch, ["/bin/sh", "-c", "'\(Build.silt)' mark $$ named"]),
                environment: targetEnvironment(scratch, preloaded: false, adding: ["SILT_DIR": folder]))
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
            #expect(try scratch.recording().processes.contains { !$0.moments(.mark("named")).isEmpty })
        }
    }

    @Test func `can be marked from outside`() throws {
        try withScratch { scratch in
            let process = Process()
            let input = Pipe()
            process.executableURL = URL(filePath: Build.silt)
            process.arguments = Array(recordCommand(scratch, ["/bin/cat"]).dropFirst())
            process.environment = targetEnvironment(scratch, preloaded: false, adding: [:])
            process.standardInput = input
            try process.run()
            var pid: Int?
            #expect(
                eventually {
                    pid = (try? scratch.recording().processes.first?.pid).flatMap { $0 }
                    return pid != nil
                })
            let marked = try silt("mark", "\(pid ?? 0)", "by hand")
            #expect(marked.status == 0 && marked.errors == "", "\(marked)")
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
            #expect(try scratch.recording().processes.first?.moments(.mark("by hand")).count == 1)
        }
    }

    @Test func `is the only one that can be marked`() throws {
        let target = try silt("mark", "\(ProcessInfo.processInfo.processIdentifier)", "x")
        #expect(target.status == 3 && target.errors.contains("silt run --record"), "\(target)")
        #expect(try silt("mark", "0", "x").status == 2)
        // Preloaded without a run, and run without a recording.
        try withScratch { scratch in
            let program = "import ctypes; exit(ctypes.CDLL(None).silt_mark(b'x') == -1)"
            let alone = try run(
                [Build.python, "-c", program], environment: targetEnvironment(scratch, preloaded: true, adding: [:]))
            #expect(alone.status == 1)
            let unrecorded = try run(
                [Build.silt, "run", "--out", "/dev/null", "--", Build.python, "-c", program],
                environment: targetEnvironment(scratch, preloaded: false, adding: [:]))
            #expect(unrecorded.status == 1)
        }
    }
}
