import Foundation
import Testing

/// Resident bytes of the pages of files in a process's mappings, as smaps has them: those of the page cache, and the
/// copies that were written to (`Anonymous`). Shared memory and the observer's own library are left out.
struct FilePages {
    var files = 0
    var copies = 0

    init(_ pid: Int32) throws {
        // It comes in pieces, and says no size: reading it as a file of no size gives the first piece.
        let file = try #require(FileHandle(forReadingAtPath: "/proc/\(pid)/smaps"))
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
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
        // glibc maps its cache of character sets MAP_SHARED (iconv/gconv_cache.c).
        let isPrivate = permissions.hasSuffix("p") || path.hasPrefix("/usr/lib")
        return path.hasPrefix("/") && isPrivate && !path.hasSuffix("/libsilt.so")
    }
}
