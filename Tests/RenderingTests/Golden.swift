import Foundation
import Testing

/// Expected output, one file a text, beside this file. `SILT_RECORD_GOLDEN=1` writes them anew: read the difference
/// before it is committed.
enum Golden {
    static func expect(_ text: String, is name: String, at location: SourceLocation = #_sourceLocation) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["SILT_RECORD_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        guard text != expected else { return }
        Issue.record("\(name) differs; it is now:\n\(text)", sourceLocation: location)
    }
}
