/// Why a file cannot be read as a recording or a report: one line, with what to do.
package struct RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
