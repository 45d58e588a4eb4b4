internal import CYajl

extension JSONNode {
    /// Reads one JSON text, by yajl.
    ///
    /// - Parameters:
    ///   - comments: Whether `/* */` and `//` are left out.
    ///   - firstLine: The number of the text's first line, where it is a piece of a larger one.
    /// - Throws: for a text that is not JSON, is not UTF-8, ends too early, goes on behind its end, or is nested deeper
    ///   than ``depthAtMost``.
    package static func parse(
        _ text: [UInt8], comments: Bool = false, firstLine: Int = 1
    ) throws(JSONError) -> JSONNode {
        let builder = Builder(text, firstLine: firstLine)
        var callbacks = callbacks
        guard let handle = unsafe yajl_alloc(&callbacks, nil, Unmanaged.passUnretained(builder).toOpaque()) else {
            throw JSONError(line: firstLine, "there is no memory to read it")
        }
        unsafe builder.handle = handle
        defer { unsafe yajl_free(handle) }
        if comments { unsafe cyajl_allow_comments(handle) }
        var status = unsafe text.withUnsafeBufferPointer { unsafe yajl_parse(handle, $0.baseAddress, $0.count) }
        var isAtEnd = false
        if status == yajl_status_ok {
            isAtEnd = true
            status = unsafe yajl_complete_parse(handle)
        }
        if status == yajl_status_ok, let root = builder.root { return root }
        throw JSONError(
            line: isAtEnd ? builder.lastLine : builder.line,
            builder.isTooDeep ? "it is nested too deep" : unsafe reason(handle))
    }

    /// Deeper texts are refused: nothing that silt reads is, and whoever walks a tree may recurse.
    package static let depthAtMost = 64

    /// yajl's words, without its prefix and line feed.
    private static func reason(_ handle: yajl_handle) -> String {
        guard let words = unsafe yajl_get_error(handle, 0, nil, 0) else { return "it is no JSON" }
        defer { unsafe yajl_free_error(handle, words) }
        let text = unsafe String(cString: words).split(separator: "\n").joined(separator: " ")
        let prefixes = ["parse error: ", "lexical error: "]
        let prefix = prefixes.first { text.hasPrefix($0) } ?? ""
        return "it is no JSON: \(text.dropFirst(prefix.count))"
    }

    private static let callbacks = unsafe yajl_callbacks(
        yajl_null: { unsafe Builder.of($0).add(.null) },
        yajl_boolean: { unsafe Builder.of($0).add(.bool($1 != 0)) },
        yajl_integer: nil,
        yajl_double: nil,
        // yajl's own integers leave the least one out (yajl_parser.c, yajl_parse_integer).
        yajl_number: { unsafe Builder.of($0).add(figure(text($1, $2))) },
        yajl_string: { unsafe Builder.of($0).add(.string(text($1, $2))) },
        yajl_start_map: { unsafe Builder.of($0).open() },
        yajl_map_key: { unsafe Builder.of($0).name(text($1, $2)) },
        yajl_end_map: { unsafe Builder.of($0).close { .object($0.members) } },
        yajl_start_array: { unsafe Builder.of($0).open() },
        yajl_end_array: { unsafe Builder.of($0).close { .array($0.items) } })
}

private func text(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> String {
    unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
}

private func text(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> String {
    unsafe String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
}

/// Whole where 64 bits hold it.
private func figure(_ text: String) -> JSONNode.Value {
    Int(text).map(JSONNode.Value.integer) ?? .number(Double(text) ?? .nan)
}

/// What the events of a parser add up to. Every callback returns 1: go on, or 0: stop.
@safe private final class Builder {
    struct Container {
        var line: Int
        var items: [JSONNode] = []
        var members: [(key: JSONKey, value: JSONNode)] = []
        var key: JSONKey?
    }

    private let bytes: [UInt8]
    private var lineSoFar: Int
    private var counted = 0
    private var containers: [Container] = []
    private(set) var root: JSONNode?
    private(set) var isTooDeep = false
    var handle: yajl_handle?

    init(_ bytes: [UInt8], firstLine: Int) {
        self.bytes = bytes
        lineSoFar = firstLine
    }

    static func of(_ context: UnsafeMutableRawPointer?) -> Builder {
        unsafe Unmanaged<Builder>.fromOpaque(context!).takeUnretainedValue()
    }

    /// Where the parser is: it tells how much it has taken while it calls (yajl_parser.c hands its own counter on).
    var line: Int {
        let position = min(bytes.count, unsafe yajl_get_bytes_consumed(handle))
        while counted < position {
            if bytes[counted] == UInt8(ascii: "\n") { lineSoFar += 1 }
            counted += 1
        }
        return lineSoFar
    }

    /// Where the text ends; an unfinished one shows only then, and the parser tells no place.
    var lastLine: Int { bytes[counted...].reduce(lineSoFar) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 } }

    func add(_ value: JSONNode.Value) -> Int32 { put(JSONNode(value, line: line)) }

    func open() -> Int32 {
        guard containers.count < JSONNode.depthAtMost else {
            isTooDeep = true
            return 0
        }
        containers.append(Container(line: line))
        return 1
    }

    func name(_ name: String) -> Int32 {
        containers[containers.count - 1].key = JSONKey(name, line: line)
        return 1
    }

    func close(_ value: (Container) -> JSONNode.Value) -> Int32 {
        let container = containers.removeLast()
        return put(JSONNode(value(container), line: container.line))
    }

    private func put(_ node: JSONNode) -> Int32 {
        guard let last = containers.indices.last else {
            root = node
            return 1
        }
        if let key = containers[last].key {
            containers[last].members.append((key, node))
            containers[last].key = nil
        } else {
            containers[last].items.append(node)
        }
        return 1
    }
}
