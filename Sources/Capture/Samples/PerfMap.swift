internal import MemoryModel

/// `perf-PID.map`: the names that a compiler at run time gives its code, a line each of start, size (both hexadecimal)
/// and name (tools/perf/Documentation/jit-interface.txt of the kernel).
enum PerfMap {
    /// What is longer is cut.
    private static let nameBytes = 4096

    /// The name of each address that has one. Later lines win: code is thrown away and its place used again.
    ///
    /// - Parameter addresses: In any order.
    static func names(of addresses: some Sequence<Address>, in bytes: [UInt8]) -> [Address: String] {
        let wanted = Set(addresses).sorted()
        var names: [Address: String] = [:]
        // From the last line to the first, each address is named once: whatever the lines claim, the work is bounded.
        var unnamed = UnnamedPlaces(count: wanted.count)
        var end = bytes.count
        while end > 0, names.count < wanted.count {
            let start = bytes[..<end].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            defer { end = start - 1 }
            guard let line = entry(bytes[start..<end]) else { continue }
            var place = unnamed.first(from: firstPlace(in: wanted, from: line.start))
            while place < wanted.count, wanted[place].rawValue - line.start < line.size {
                names[wanted[place]] = line.name
                unnamed.remove(place)
                place = unnamed.first(from: place)
            }
        }
        return names
    }

    private static func entry(_ line: ArraySlice<UInt8>) -> (start: UInt64, size: UInt64, name: String)? {
        var rest = line
        guard let start = number(&rest), let size = number(&rest), !rest.isEmpty else { return nil }
        return (start, size, String(decoding: rest.prefix(nameBytes), as: UTF8.self))
    }

    /// A hexadecimal number, with or without `0x`, and the blank behind it.
    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        guard let blank = rest.firstIndex(of: 0x20) else { return nil }
        var digits = Substring(decoding: rest[..<blank], as: UTF8.self)
        if digits.hasPrefix("0x") { digits = digits.dropFirst(2) }
        rest = rest[(blank + 1)...]
        return UInt64(digits, radix: 16)
    }

    private static func firstPlace(in wanted: [Address], from start: UInt64) -> Int {
        var low = 0
        var high = wanted.count
        while low < high {
            let middle = (low + high) / 2
            if wanted[middle].rawValue < start { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The frame of a name. CPython writes `py::QUALIFIED.NAME:FILE` (Python/perf_trampoline.c).
    static func frame(named name: String, at address: Address) -> Frame {
        let prefix = "py::"
        guard name.hasPrefix(prefix) else { return Frame(function: name, offset: address.rawValue) }
        let text = name.dropFirst(prefix.count)
        guard let colon = text.firstIndex(of: ":") else { return Frame(function: String(text), language: .python) }
        return Frame(
            function: String(text[..<colon]), file: String(text[text.index(after: colon)...]), language: .python)
    }
}

/// Places in a row, from which some are taken out: each step is next to free (R. Tarjan's disjoint sets).
private struct UnnamedPlaces {
    /// A place that is left leads to itself, one that was taken out to one behind it.
    private var next: [Int]

    init(count: Int) { next = Array(0...count) }

    /// The first one left from `place` on; the count where there is none.
    mutating func first(from place: Int) -> Int {
        var root = place
        while next[root] != root { root = next[root] }
        var at = place
        while at != root {
            let behind = next[at]
            next[at] = root
            at = behind
        }
        return root
    }

    mutating func remove(_ place: Int) { next[place] = place + 1 }
}
