import Foundation

/// A folder on tmpfs of one test's own, so that two runs of the tests at once do not see each other's segments.
struct Scratch {
    let folder: String

    /// `SILT_DIR` of the targets.
    var segments: String { "\(folder)/segments" }

    /// What targets wrote to their standard error.
    var errors: String { "\(folder)/errors" }

    /// Segments that are there now.
    func segmentNames() -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: segments).filter { $0.hasPrefix("silt-") }.sorted()) ?? []
    }

    func errorText() -> String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }
}

/// Makes a folder and removes it whatever happens.
func withScratch<Result>(_ body: (Scratch) throws -> Result) throws -> Result {
    let scratch = Scratch(folder: "/dev/shm/silt-test-\(UUID().uuidString.prefix(8))")
    let files = FileManager.default
    try files.createDirectory(atPath: scratch.segments, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: scratch.folder) }
    _ = files.createFile(atPath: scratch.errors, contents: nil)
    // Programs of other users write into them as well.
    try files.setAttributes([.posixPermissions: 0o1777], ofItemAtPath: scratch.segments)
    try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.folder)
    return try body(scratch)
}
