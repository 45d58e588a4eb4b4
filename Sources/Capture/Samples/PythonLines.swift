/// `co_linetable` of CPython 3.11 and later, as Objects/locations.md of its sources describes it.
///
/// Entry after entry, each for some code units of two bytes. The first byte has bit 7 set, the kind of the entry in
/// bits 3 to 6, and the units less one in bits 0 to 2.
enum PythonLines {
    /// The line of each of `offsets`, which ascend; `nil` for code that belongs to no line, and beyond the table.
    ///
    /// - Parameters:
    ///   - offsets: In bytes of code.
    ///   - first: `co_firstlineno`.
    static func lines(at offsets: [Int], table: ArraySlice<UInt8>, first: Int) -> [Int?] {
        var found = [Int?](repeating: nil, count: offsets.count)
        var place = 0
        var reader = table
        var line = first
        var end = 0
        while place < offsets.count, let head = reader.popFirst() {
            // What does not begin an entry is damage.
            guard head & 0x80 != 0 else { break }
            let kind = head >> 3 & 15
            switch kind {
            case 0...9: _ = reader.popFirst()
            case 10...12:
                line &+= Int(kind) - 10
                reader = reader.dropFirst(2)
            case 13: line &+= signed(&reader)
            case 14:
                line &+= signed(&reader)
                for _ in 0..<3 { _ = unsigned(&reader) }
            default: break
            }
            end += (Int(head & 7) + 1) * 2
            while place < offsets.count, offsets[place] < end {
                if kind != 15, line > 0 { found[place] = line }
                place += 1
            }
        }
        return found
    }

    /// Six bits a byte, the lowest first; bit 6 says that more follow.
    private static func unsigned(_ reader: inout ArraySlice<UInt8>) -> UInt {
        var value: UInt = 0
        var shift: UInt = 0
        while let byte = reader.popFirst() {
            if shift < 60 { value |= UInt(byte & 63) << shift }
            shift &+= 6
            guard byte & 64 != 0 else { break }
        }
        return value
    }

    /// The lowest bit is the sign.
    private static func signed(_ reader: inout ArraySlice<UInt8>) -> Int {
        let value = unsigned(&reader)
        return value & 1 == 0 ? Int(value >> 1) : -Int(value >> 1)
    }
}
