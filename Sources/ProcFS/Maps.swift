package import MemoryModel

/// `/proc/PID/maps`: one mapping a line, ascending (`fs/proc/task_mmu.c`, show_map_vma).
package enum Maps {
    /// The mappings, in the order of the lines.
    ///
    /// A name that is not UTF-8 gets U+FFFD for what is wrong. The kernel writes a newline in a path as `\012` and
    /// leaves a backslash as it is (`fs/seq_file.c`, mangle_path), so a file whose name really has those four
    /// characters cannot be told from one with a newline, and gets the newline.
    package static func parse(_ bytes: [UInt8]) throws(ParseError) -> [Mapping] {
        var reader = ByteReader(bytes, file: "maps")
        var names = NameCache()
        var mappings: [Mapping] = []
        mappings.reserveCapacity(bytes.count / 80)
        while !reader.isAtEnd { mappings.append(try mapping(&reader, &names)) }
        return mappings
    }

    /// One line, in smaps as well.
    static func mapping(_ reader: inout ByteReader, _ names: inout NameCache) throws(ParseError) -> Mapping {
        let start = try reader.hexadecimal()
        try reader.skip(UInt8(ascii: "-"))
        let end = try reader.hexadecimal()
        guard start < end else { throw reader.error(.expected("an end above the start")) }
        try reader.skip(.space)
        let permissions = try permissions(&reader)
        try reader.skip(.space)
        let offset = try reader.hexadecimal()
        try reader.skip(.space)
        let device = try device(&reader)
        try reader.skip(.space)
        let inode = try reader.decimal()
        // Padded to a column where a name follows, and a space without one.
        if !reader.isAtEnd, reader.next != .newline { try reader.skip(.space) }
        reader.skipBlanks()
        return Mapping(
            range: AddressRange(start: Address(start), end: Address(end)), permissions: permissions, offset: offset,
            device: device, inode: inode, name: names.name(reader.restOfLine()))
    }

    /// `rwxp` or `rwxs`, with `-` for what is not permitted.
    private static func permissions(_ reader: inout ByteReader) throws(ParseError) -> Mapping.Permissions {
        var permissions: Mapping.Permissions = []
        let letters: [(StaticString, UInt8, UInt8, Mapping.Permissions)] = [
            ("r or -", UInt8(ascii: "r"), UInt8(ascii: "-"), .read),
            ("w or -", UInt8(ascii: "w"), UInt8(ascii: "-"), .write),
            ("x or -", UInt8(ascii: "x"), UInt8(ascii: "-"), .execute),
            ("s or p", UInt8(ascii: "s"), UInt8(ascii: "p"), .shared),
        ]
        for (what, set, unset, permission) in letters {
            let letter = try reader.take()
            guard letter == set || letter == unset else { throw reader.error(.expected("\(what)")) }
            if letter == set { permissions.insert(permission) }
        }
        return permissions
    }

    /// `major:minor`, hexadecimal.
    private static func device(_ reader: inout ByteReader) throws(ParseError) -> DeviceNumber {
        let major = try reader.hexadecimal()
        try reader.skip(.colon)
        let minor = try reader.hexadecimal()
        guard let major = UInt32(exactly: major), let minor = UInt32(exactly: minor) else {
            throw reader.error(.tooLarge)
        }
        return DeviceNumber(major: major, minor: minor)
    }
}

/// Names of mappings: a library has four or five lines in a row, which share one string.
struct NameCache {
    private var bytes: ArraySlice<UInt8> = []
    private var name = ""

    mutating func name(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes != self.bytes else { return name }
        self.bytes = bytes
        name = String(decoding: Self.unescaped(bytes), as: UTF8.self)
        return name
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let escape: [UInt8] = [0x5c, 0x30, 0x31, 0x32]
        guard bytes.contains(0x5c) else { return bytes }
        var result: ArraySlice<UInt8> = []
        var rest = bytes
        while let byte = rest.first {
            let isEscape = rest.starts(with: escape)
            result.append(isEscape ? .newline : byte)
            rest = rest.dropFirst(isEscape ? escape.count : 1)
        }
        return result
    }
}
