import JSONText

/// Why a file cannot be read as a recording or a report: one line, with what to do.
package struct RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }

    /// A text that is JSON, but not ours; or not even that.
    init(_ error: JSONError) { self.init("\(error); \(Self.advice)") }

    /// What silt reads.
    static let advice = "give a file that 'silt run --record' or 'silt report --json' wrote"

    /// - Parameter schema: what the file says that it is.
    static func foreign(schema: String, wanted: String) -> RecordingError {
        let words = schema.split(separator: "/", omittingEmptySubsequences: false)
        let own = wanted.split(separator: "/")
        guard words.count == 2, words[0] == own[0] else {
            return RecordingError("it is no \(wanted), but calls itself '\(schema.bounded)'; \(advice)")
        }
        return RecordingError("it is of schema \(schema.bounded), and this silt reads \(wanted); use a later silt")
    }
}

extension String {
    /// What a stranger wrote, short enough and plain enough for a line of ours.
    var bounded: String {
        var text = ""
        for scalar in unicodeScalars.prefix(80) where scalar.isPrintable { text.unicodeScalars.append(scalar) }
        return text
    }
}
