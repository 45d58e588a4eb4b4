import Foundation

/// What a program printed, and how it ended.
struct Printed {
    var output: String
    var errors: String
    var status: Int32
}

/// Runs a program to its end; its output goes to files, as a full pipe would hold it up.
func run(_ program: String, _ arguments: [String], in folder: URL) throws -> Printed {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    // Programs that keep settings keep them here.
    environment["HOME"] = folder.path()
    environment["XDG_CONFIG_HOME"] = folder.path()
    environment["XDG_CACHE_HOME"] = folder.path()
    process.environment = environment
    let name = UUID().uuidString
    let files = ["output", "errors"].map { folder.appending(path: "\(name).\($0)") }
    for file in files { _ = FileManager.default.createFile(atPath: file.path(), contents: nil) }
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    return Printed(output: texts[0], errors: texts[1], status: process.terminationStatus)
}

/// A folder that is gone afterwards.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "silt-exports-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
