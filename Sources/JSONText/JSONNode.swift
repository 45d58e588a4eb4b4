/// A JSON value as it was read: what it is, and on which line it begins.
package struct JSONNode: Sendable {
    package enum Value: Sendable {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(String)
        case array([JSONNode])
        /// In the order of the text; a key that is written twice is here twice.
        case object([(key: JSONKey, value: JSONNode)])
    }

    package var value: Value
    /// From 1.
    package var line: Int

    package init(_ value: Value, line: Int) {
        self.value = value
        self.line = line
    }
}

/// A key of an object, and the line that it is on.
package struct JSONKey: Sendable {
    package var name: String
    package var line: Int

    package init(_ name: String, line: Int) {
        self.name = name
        self.line = line
    }
}

/// Why a text is not what it should be, and on which line.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// From 1.
    package var line: Int
    package var reason: String

    package init(line: Int, _ reason: String) {
        self.line = line
        self.reason = reason
    }

    package var description: String { "line \(line): \(reason)" }
}

extension JSONNode {
    /// What a person would call it.
    package var kind: String {
        switch value {
        case .null: "null"
        case .bool: "a truth value"
        case .integer, .number: "a number"
        case .string: "a text"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// The value of a key, `nil` where it is not there or `null`. Of two with the same key, the last.
    package subscript(key: String) -> JSONNode? {
        guard case .object(let members) = value, let found = members.last(where: { $0.key.name == key })?.value else {
            return nil
        }
        if case .null = found.value { return nil }
        return found
    }

    /// The value of a key that has to be there.
    package func required(_ key: String) throws(JSONError) -> JSONNode {
        guard let found = self[key] else { throw JSONError(line: line, "'\(key)' is missing") }
        return found
    }

    package func string() throws(JSONError) -> String {
        guard case .string(let text) = value else { throw wrong("a text") }
        return text
    }

    package func bool() throws(JSONError) -> Bool {
        guard case .bool(let truth) = value else { throw wrong("true or false") }
        return truth
    }

    package func integer() throws(JSONError) -> Int {
        guard case .integer(let number) = value else { throw wrong("a whole number") }
        return number
    }

    package func number() throws(JSONError) -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw wrong("a number")
        }
    }

    package func array() throws(JSONError) -> [JSONNode] {
        guard case .array(let items) = value else { throw wrong("an array") }
        return items
    }

    package func object() throws(JSONError) -> [(key: JSONKey, value: JSONNode)] {
        guard case .object(let members) = value else { throw wrong("an object") }
        return members
    }

    private func wrong(_ wanted: String) -> JSONError { JSONError(line: line, "\(kind) stands where \(wanted) should") }
}
