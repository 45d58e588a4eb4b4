import Foundation
import Testing

/// Resident bytes of the pages of files in a process's private mappings, as smaps has them: those of the page cache, and
/// the copies that were written to (`Anonymous`). The observer's own library is left out.
struct FilePages {
    var files = 0
    var copies = 0

    init(_ pid: Int32) throws {
        let text = try String(contentsOfFile: "/proc/\(pid)/smaps", encoding: .utf8)
        var counts = false
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words[0].contains("-") {
                counts = words.count > 5 && Self.isFile(words[5], permissions: words[1])
            } else if counts, let kibibytes = Int(words[1]) {
                if words[0] == "Rss:" { files += kibibytes * 1024 }
                if words[0] == "Anonymous:" {
                    files -= kibibytes * 1024
                    copies += kibibytes * 1024
                }
            }
        }
    }

    private static func isFile(_ path: Substring, permissions: Substring) -> Bool {
        path.hasPrefix("/") && permissions.hasSuffix("p") && !path.hasSuffix("/libsilt.so")
    }
}
