/// Bytes of `/proc` that are not what the kernel writes.
package struct ParseError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable {
        /// The line, or the file, ends too early.
        case ended
        /// Something else stands where this should be.
        case expected(String)
        /// A number that does not fit into its type.
        case tooLarge
        /// A line that has to be there is not.
        case missing(String)
    }

    /// The name of the file in `/proc/PID`.
    package var file: String
    /// From 1.
    package var line: Int
    package var reason: Reason

    package init(file: String, line: Int, reason: Reason) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// One line: `maps, line 3: expected a hexadecimal number`.
    package var description: String {
        let text =
            switch reason {
            case .ended: "ends too early"
            case .expected(let what): "expected \(what)"
            case .tooLarge: "a number is too large"
            case .missing(let what): "\(what) is missing"
            }
        return "\(file), line \(line): \(text)"
    }
}
