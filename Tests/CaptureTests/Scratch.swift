import Foundation

/// A directory for one test, removed afterwards.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "silt-capture-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// What lies in a subdirectory, which is made if need be.
    func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: try directory(folder)).sorted()
    }

    func directory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        return "\(path)/\(name)"
    }

    func text(_ name: String) -> String? {
        try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Waits, 60 s at most, until a program has written a line into a file.
    func awaited(_ name: String) throws -> String {
        for _ in 0..<6000 {
            if let text = text(name), !text.isEmpty { return text }
            usleep(10_000)
        }
        throw Missing(file: name)
    }

    struct Missing: Error {
        var file: String
    }
}
