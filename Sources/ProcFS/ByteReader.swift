/// Reads the bytes of a file of `/proc` from left to right, and knows the line for errors.
struct ByteReader {
    let file: String
    let bytes: [UInt8]
    private(set) var position = 0
    private(set) var line = 1

    init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// The next byte; `nil` at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func error(_ reason: ParseError.Reason) -> ParseError { ParseError(file: file, line: line, reason: reason) }

    /// What is wrong where `what` should stand.
    private func unexpected(_ what: String) -> ParseError {
        error(isAtEnd || bytes[position] == .newline ? .ended : .expected(what))
    }

    /// Passes one byte.
    mutating func skip(_ byte: UInt8) throws(ParseError) {
        guard next == byte else { throw unexpected("'\(Character(Unicode.Scalar(byte)))'") }
        position += 1
    }

    /// Passes one byte, whichever it is, but for the end of the line.
    mutating func take() throws(ParseError) -> UInt8 {
        guard position < bytes.count, bytes[position] != .newline else { throw error(.ended) }
        position += 1
        return bytes[position - 1]
    }

    /// Passes spaces and tabs, if there are any.
    mutating func skipBlanks() {
        while position < bytes.count, bytes[position] == .space || bytes[position] == .tab { position += 1 }
    }

    /// Passes what is left of the line, and its end; the bytes without the end.
    mutating func restOfLine() -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count, bytes[position] != .newline { position += 1 }
        defer {
            if position < bytes.count {
                position += 1
                line += 1
            }
        }
        return bytes[start..<position]
    }

    /// Passes the bytes before `end`, and `end`; without it in this line nothing is passed and the result is `nil`.
    mutating func taken(upTo end: UInt8) -> ArraySlice<UInt8>? {
        var index = position
        while index < bytes.count, bytes[index] != end, bytes[index] != .newline { index += 1 }
        guard index < bytes.count, bytes[index] == end else { return nil }
        defer { position = index + 1 }
        return bytes[position..<index]
    }

    /// A number without a sign.
    mutating func decimal() throws(ParseError) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        while position < bytes.count, bytes[position] &- 0x30 < 10 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(bytes[position] &- 0x30))
            guard !overflow && !carry else { throw error(.tooLarge) }
            value = sum
            position += 1
        }
        guard position > start else { throw unexpected("a number") }
        return value
    }

    /// A number without a sign and without `0x`.
    mutating func hexadecimal() throws(ParseError) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        while position < bytes.count, let digit = Self.hexadecimalDigit(bytes[position]) {
            guard value >> 60 == 0 else { throw error(.tooLarge) }
            value = value << 4 | UInt64(digit)
            position += 1
        }
        guard position > start else { throw unexpected("a hexadecimal number") }
        return value
    }

    /// A number that fits into `Number`.
    mutating func decimal<Number: FixedWidthInteger>(as type: Number.Type) throws(ParseError) -> Number {
        let value = try decimal()
        guard let number = Number(exactly: value) else { throw error(.tooLarge) }
        return number
    }

    @inline(__always)
    private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        case 0x41...0x46: byte - 0x41 + 10
        default: nil
        }
    }
}

extension UInt8 {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")
    static let colon = UInt8(ascii: ":")
}
