/// A line that is no suppression.
package struct SuppressionError: Error, Equatable, Sendable {
    /// From 1.
    package var line: Int

    package init(line: Int) { self.line = line }
}

/// A leak that is known and accepted, in LeakSanitizer's syntax.
///
/// compiler-rt/lib/sanitizer_common/sanitizer_suppressions.cpp: a line is `leak:pattern`, blanks at its begin are left
/// out, `#` begins a comment. The pattern is looked for anywhere in the name of the function, of the file or of the module
/// of any frame; `*` stands for anything, `^` and `$` hold it to the begin and the end (TemplateMatch).
package struct Suppression: Hashable, Sendable {
    package var pattern: String

    package init(_ pattern: String) { self.pattern = pattern }

    package static func parse(_ text: String) throws(SuppressionError) -> [Suppression] {
        var found: [Suppression] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var line = line.drop { $0 == " " || $0 == "\t" }
            while let last = line.last, last.isWhitespace { line.removeLast() }
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard line.hasPrefix("leak:") else { throw SuppressionError(line: number + 1) }
            found.append(Suppression(String(line.dropFirst("leak:".count))))
        }
        return found
    }

    /// Whether it is about a stack.
    package func matches(_ frames: [Frame]) -> Bool {
        frames.contains(where: matches)
    }

    /// Whether it is about one frame.
    package func matches(_ frame: Frame) -> Bool {
        matches(frame.module) || matches(frame.function) || matches(frame.bareName) || matches(frame.file)
    }

    /// Whether the pattern is in a name. Nothing is in an empty one.
    package func matches(_ name: String) -> Bool {
        guard !name.isEmpty else { return false }
        // Names of a hostile binary are of any length.
        var rest = Array(name.utf8.prefix(1 << 14))[...]
        var pattern = Array(self.pattern.utf8)[...]
        var isAtBegin = pattern.first == UInt8(ascii: "^")
        if isAtBegin { pattern = pattern.dropFirst() }
        var isAfterAsterisk = false
        while let first = pattern.first {
            if first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                isAtBegin = false
                isAfterAsterisk = true
                continue
            }
            if first == UInt8(ascii: "$") { return rest.isEmpty || isAfterAsterisk }
            let piece = pattern.prefix { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "$") }
            // Of several places the first counts: `foo$` is not in `foofoo`, as LeakSanitizer has it.
            guard let start = rest.firstIndex(of: piece), !isAtBegin || start == rest.startIndex else { return false }
            rest = rest[(start + piece.count)...]
            pattern = pattern.dropFirst(piece.count)
            isAtBegin = false
            isAfterAsterisk = false
        }
        return true
    }
}

extension ArraySlice<UInt8> {
    /// Where a piece, which is not empty, stands first.
    fileprivate func firstIndex(of piece: ArraySlice<UInt8>) -> Int? {
        guard piece.count <= count else { return nil }
        return (startIndex...endIndex - piece.count).first { self[$0..<$0 + piece.count].elementsEqual(piece) }
    }
}
