/// Which line each instruction of a Python code object comes from: its `co_linetable`, decoded.
///
/// The format of CPython 3.11 and later, as Objects/locations.md tells it (from 3.13 on
/// InternalDocs/code_objects.md): entries of a first byte with its highest bit set and further bytes without, each for
/// so many code units of two bytes. Columns are left aside. A table may be cut short, or be no table at all.
package struct PythonLines: Sendable, Equatable {
    /// Instructions that share a line, up to `end`.
    private struct Span: Sendable, Equatable {
        /// In bytes from the first instruction, exclusive.
        var end: Int
        /// `nil`: the compiler made these up.
        var line: Int?
    }

    /// Ascending; the first begins at 0.
    private var spans: [Span] = []

    /// Decodes `table` of a code object whose `co_firstlineno` is `firstLine`, up to the first byte that fits nowhere.
    package init(table: [UInt8], firstLine: Int) {
        var bytes = table[...]
        var line = firstLine
        var end = 0
        while let entry = Entry(&bytes) {
            let (sum, overflow) = line.addingReportingOverflow(entry.lineDelta)
            guard !overflow else { return }
            line = sum
            end += entry.byteCount
            let place = entry.hasLine ? line : nil
            if let last = spans.last, last.line == place {
                spans[spans.count - 1].end = end
            } else {
                spans.append(Span(end: end, line: place))
            }
        }
    }

    /// The line of the instruction at `offset` bytes; `nil` where it has none or the table does not reach.
    package func line(at offset: Int) -> Int? {
        guard offset >= 0 else { return nil }
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low < spans.count ? spans[low].line : nil
    }

    /// One entry of the table.
    private struct Entry {
        var byteCount: Int
        var lineDelta = 0
        var hasLine = true

        init?(_ bytes: inout ArraySlice<UInt8>) {
            guard let first = bytes.popFirst(), first & 0x80 != 0 else { return nil }
            byteCount = 2 * (Int(first & 7) + 1)
            // enum _PyCodeLocationInfoKind, Include/cpython/code.h.
            switch first >> 3 & 15 {
            case let kind where kind < 10: break
            case let kind where kind < 13: lineDelta = Int(kind) - 10
            case 15: hasLine = false
            default:
                guard let encoded = Self.number(&bytes) else { return nil }
                lineDelta = encoded & 1 == 0 ? encoded >> 1 : -(encoded >> 1)
            }
            while let next = bytes.first, next & 0x80 == 0 { bytes.removeFirst() }
        }

        /// A varint: six bits a byte, the lowest first, bit 6 says that more follow. No line needs more than 36 bits.
        private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int? {
            var value = 0
            for shift in stride(from: 0, to: 36, by: 6) {
                guard let byte = bytes.first, byte & 0x80 == 0 else { return nil }
                bytes.removeFirst()
                value |= Int(byte & 0x3f) << shift
                if byte & 0x40 == 0 { return value }
            }
            return nil
        }
    }
}
