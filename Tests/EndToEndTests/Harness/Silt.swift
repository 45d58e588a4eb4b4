import Foundation
import Testing

/// What became of a command.
struct Outcome {
    /// 128 and the number of the signal where one ended it.
    var status: Int32
    var output: String
    var errors: String

    /// Standard error, line by line.
    var errorLines: [Substring] { errors.split(separator: "\n") }
}

/// Runs a command to its end.
func run(
    _ command: [String], environment: [String: String] = ProcessInfo.processInfo.environment
) throws -> Outcome {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    defer { if process.isRunning { process.terminate() } }
    // What is written to standard error fits its pipe: a line.
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let errorText = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let status = process.terminationStatus
    return Outcome(
        status: process.terminationReason == .exit ? status : 128 + status, output: text, errors: errorText)
}

/// `silt ARGUMENTS`.
func silt(_ arguments: String...) throws -> Outcome { try run([Build.silt] + arguments) }

/// `silt report PID --json OPTIONS`, which has to succeed in silence.
func report(
    on pid: Int32, _ options: String..., sourceLocation: SourceLocation = #_sourceLocation
) throws -> ReportDocument {
    try report(on: pid, options: options, sourceLocation: sourceLocation)
}

/// `silt report PID --json OPTIONS`, which has to succeed in silence.
func report(
    on pid: Int32, options: [String], sourceLocation: SourceLocation = #_sourceLocation
) throws -> ReportDocument {
    let outcome = try run([Build.silt, "report", "\(pid)", "--json"] + options)
    try #require(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errors == "", sourceLocation: sourceLocation)
    return try ReportDocument(outcome.output)
}
