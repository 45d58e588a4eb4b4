/// A JSON value whose objects keep the order they were written in.
///
/// Our own, because the only other choice is FoundationEssentials: its encoder knows no order but the alphabet's, and
/// linking it doubles a static program (6.7 MB to 14.0 MB, stripped). What is read, yajl reads: see ``JSONNode``.
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    /// Written as `null` where it is not finite.
    case number(Double)
    case string(String)
    case array([JSON])
    /// Keys are not repeated.
    case object([Member])

    /// A key and its value.
    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: JSON

        package init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// Values on one line as long as they end before this column, when pretty.
    private static let prettyWidth = 100

    /// The text, without a line feed at its end.
    ///
    /// - Parameter pretty: `true` breaks what does not fit on a line of 100 columns; `false` puts all on one line.
    package func text(pretty: Bool) -> String {
        var text = ""
        if pretty { writePretty(to: &text, depth: 0, column: 0) } else { writeCompact(to: &text, space: "") }
        return text
    }

    private func writeCompact(to text: inout String, space: String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? value.description : "null"
        case .string(let value): JSON.write(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," + space }
                value.writeCompact(to: &text, space: space)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," + space }
                JSON.write(member.key, to: &text)
                text += ":" + space
                member.value.writeCompact(to: &text, space: space)
            }
            text += "}"
        }
    }

    /// - Parameter column: what stands before on the line.
    private func writePretty(to text: inout String, depth: Int, column: Int) {
        var line = ""
        writeCompact(to: &line, space: " ")
        if column + line.utf8.count <= JSON.prettyWidth && depth > 0 {
            text += line
            return
        }
        let margin = "\n" + String(repeating: "  ", count: depth + 1)
        let end = "\n" + String(repeating: "  ", count: depth)
        switch self {
        case .array(let values) where values.allSatisfy(\.isFigure):
            JSON.writeFilled(line, to: &text, margin: margin)
            text += end + "]"
        case .array(let values) where !values.isEmpty:
            text += "["
            for (index, value) in values.enumerated() {
                text += index > 0 ? "," + margin : margin
                value.writePretty(to: &text, depth: depth + 1, column: 2 * depth + 2)
            }
            text += end + "]"
        case .object(let members) where !members.isEmpty:
            text += "{"
            for (index, member) in members.enumerated() {
                var key = ""
                JSON.write(member.key, to: &key)
                text += (index > 0 ? "," + margin : margin) + key + ": "
                member.value.writePretty(to: &text, depth: depth + 1, column: 2 * depth + 4 + key.utf8.count)
            }
            text += end + "}"
        default:
            text += line
        }
    }

    private var isFigure: Bool {
        switch self {
        case .null, .bool, .integer, .number: true
        case .string, .array, .object: false
        }
    }

    /// A long array of figures, as many on a line as there is room for; its last bracket is left to who calls.
    private static func writeFilled(_ array: String, to text: inout String, margin: String) {
        var column = prettyWidth
        text += "["
        for figure in array.dropFirst().dropLast().split(separator: " ") {
            let isFirst = column + 1 + figure.utf8.count > prettyWidth
            text += (isFirst ? margin : " ") + figure
            column = (isFirst ? margin.utf8.count - 1 : column + 1) + figure.utf8.count
        }
    }

    /// RFC 8259, section 7, asks for `"`, `\` and C0 to be escaped. Whatever else a terminal could act upon is too, as
    /// people look at JSON in one.
    private static func write(_ string: String, to text: inout String) {
        text += "\""
        defer { text += "\"" }
        // Nearly all that is written, and told at less cost than by each scalar's properties.
        guard !string.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
            text += string
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case _ where scalar.isPrintable: text.unicodeScalars.append(scalar)
            default:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
    }
}

/// An object of these members, in this order.
package func object(_ members: (String, JSON)...) -> JSON {
    .object(members.map { JSON.Member($0.0, $0.1) })
}
