import Foundation
import MemoryModel
import System
import TestSupport
import Testing

@testable import Capture

/// A program under libsilt.so whose every allocation is sampled; it ends with its owner.
final class SampledProgram {
    let scratch = try! Scratch()
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    var pid: Int32 { process.processIdentifier }

    /// As `swift build` lays it, beside the test program.
    static let library = (SiltRun.program as NSString).deletingLastPathComponent + "/silt_silt.resources/libsilt.so"

    /// Compiles C and runs it; returns when it has printed a line. It goes on when its input ends.
    init(c source: String, environment: [String: String] = [:]) throws {
        let file = "\(scratch.path)/program.c"
        try source.write(toFile: file, atomically: false, encoding: .utf8)
        let compiler = try Process.run(
            URL(filePath: "/usr/bin/cc"),
            arguments: ["-g", "-O1", "-fno-inline", "-o", "\(scratch.path)/program", file])
        compiler.waitUntilExit()
        #expect(compiler.terminationStatus == 0)
        try start("\(scratch.path)/program", [], environment)
    }

    /// Runs Debian's own interpreter.
    init(python source: String, environment: [String: String] = [:]) throws {
        let file = "\(scratch.path)/program.py"
        try source.write(toFile: file, atomically: false, encoding: .utf8)
        try start("/usr/bin/python3", ["-S", file], environment)
    }

    private func start(_ program: String, _ arguments: [String], _ environment: [String: String]) throws {
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = [
            "LD_PRELOAD": Self.library, "SILT_SAMPLE": "1", "SILT_DIR": try scratch.directory("segments"),
        ].merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        #expect(!output.fileHandleForReading.availableData.isEmpty)
    }

    deinit {
        if process.isRunning {
            kill(pid, SIGKILL)
            process.waitUntilExit()
        }
    }

    func sampled() throws -> SampledHeap {
        let heap = try capture(pid: pid).heap
        return try #require(heap?.sampled)
    }
}

extension SampledHeap {
    /// Bytes that the samples of `samples` whose stack begins so ask for.
    func requested(_ samples: [HeapSample], by place: (Frame) -> Bool) -> Int {
        samples.reduce(0) { sum, sample in
            guard let first = sample.stack.flatMap({ stacks[$0].frames.first }), place(first) else { return sum }
            return sum + sample.request.rawValue
        }
    }
}
