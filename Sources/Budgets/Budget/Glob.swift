/// A pattern of a shell's kind: `*` stands for anything, `?` for one character. The whole of a text has to match.
package struct Glob: Hashable, Sendable {
    package var pattern: String

    package init(_ pattern: String) { self.pattern = pattern }

    package func matches(_ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.unicodeScalars), Array(text.unicodeScalars.prefix(1 << 16)))
        var (p, t) = (0, 0)
        // Where to go on when what follows the last asterisk does not match: it takes one character more.
        var retry: (p: Int, t: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == "*" {
                retry = (p + 1, t)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let last = retry {
                retry = (last.p, last.t + 1)
                (p, t) = (last.p, last.t + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
