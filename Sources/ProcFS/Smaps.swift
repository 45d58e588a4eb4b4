package import MemoryModel

/// What smaps tells of one mapping, or smaps_rollup of all (`fs/proc/task_mmu.c`, __show_smap).
///
/// Fields that the running kernel does not write are 0.
package struct MemoryTotals: Hashable, Sendable {
    /// Resident. The corresponding kernel field is `Rss`.
    package var rss: ByteCount = 0
    /// Resident, each page divided by the number of processes that map it. `Pss`.
    package var pss: ByteCount = 0
    /// Resident in several processes and not changed. `Shared_Clean`.
    package var sharedClean: ByteCount = 0
    /// Resident in several processes and changed. `Shared_Dirty`.
    package var sharedDirty: ByteCount = 0
    /// Resident in this process only and not changed. `Private_Clean`.
    package var privateClean: ByteCount = 0
    /// Resident in this process only and changed. `Private_Dirty`.
    package var privateDirty: ByteCount = 0
    /// Resident and not a page of a file. `Anonymous`.
    package var anonymous: ByteCount = 0
    /// Resident, but given up with `MADV_FREE`. `LazyFree`.
    package var lazyFree: ByteCount = 0
    /// Resident in huge pages that are not a file's. `AnonHugePages`.
    package var anonymousHuge: ByteCount = 0
    /// In swap; of shared memory too, which the page tables do not show. `Swap`.
    package var swap: ByteCount = 0
    /// In swap, each page divided by the number of processes that map it. `SwapPss`.
    package var swapPss: ByteCount = 0
    /// Resident and locked. `Locked`.
    package var locked: ByteCount = 0

    package init() {}
}

/// A mapping with what smaps tells of it.
package struct SmapsEntry: Hashable, Sendable {
    package var mapping: Mapping
    package var totals: MemoryTotals
    /// The two-letter names of `VmFlags`, separated by spaces.
    package var flags: String

    package init(mapping: Mapping, totals: MemoryTotals, flags: String = "") {
        self.mapping = mapping
        self.totals = totals
        self.flags = flags
    }

    /// Whether it is of hugetlb pages, which Rss leaves out (flag `ht`; smaps_hugetlb_range in `fs/proc/task_mmu.c`).
    package var isHugetlb: Bool { flags.split(separator: " ").contains("ht") }
}

/// `/proc/PID/smaps`. To read it costs the target time: its mappings are locked while its pages are walked.
package enum Smaps {
    /// The mappings, in the order of the file.
    package static func parse(_ bytes: [UInt8]) throws(ParseError) -> [SmapsEntry] {
        var reader = ByteReader(bytes, file: "smaps")
        var names = NameCache()
        var flags = NameCache()
        var entries: [SmapsEntry] = []
        while !reader.isAtEnd {
            var entry = SmapsEntry(mapping: try Maps.mapping(&reader, &names), totals: MemoryTotals())
            // Fields begin with a capital letter, mappings with a digit or a small letter.
            var hasRss = false
            while let next = reader.next, (0x41...0x5a).contains(next) {
                let key = try SmapsField.key(&reader)
                if key == SmapsField.flags {
                    reader.skipBlanks()
                    entry.flags = flags.name(reader.restOfLine())
                } else {
                    try entry.totals.readValue(of: key, &reader)
                    hasRss = hasRss || key == SmapsField.rss
                }
            }
            guard hasRss else { throw reader.error(.missing("Rss")) }
            entries.append(entry)
        }
        return entries
    }
}

/// `/proc/PID/smaps_rollup`: the sums of smaps.
package enum SmapsRollup {
    package static func parse(_ bytes: [UInt8]) throws(ParseError) -> MemoryTotals {
        var reader = ByteReader(bytes, file: "smaps_rollup")
        // A line as of a mapping, from the first to the last: "… ---p 00000000 00:00 0 [rollup]".
        _ = reader.restOfLine()
        var totals = MemoryTotals()
        var hasRss = false
        while !reader.isAtEnd {
            let key = try SmapsField.key(&reader)
            try totals.readValue(of: key, &reader)
            hasRss = hasRss || key == SmapsField.rss
        }
        guard hasRss else { throw reader.error(.missing("Rss")) }
        return totals
    }
}

/// The names of the fields of smaps, compared as numbers: there are 25 lines a mapping.
private enum SmapsField {
    /// The first 16 bytes of a name. All that are looked for are shorter.
    typealias Key = UInt128

    static let rss = key("Rss")
    static let flags = key("VmFlags")
    static let members: [Key: any WritableKeyPath<MemoryTotals, ByteCount> & Sendable] = [
        rss: \.rss, key("Pss"): \.pss, key("Shared_Clean"): \.sharedClean, key("Shared_Dirty"): \.sharedDirty,
        key("Private_Clean"): \.privateClean, key("Private_Dirty"): \.privateDirty, key("Anonymous"): \.anonymous,
        key("LazyFree"): \.lazyFree, key("AnonHugePages"): \.anonymousHuge, key("Swap"): \.swap,
        key("SwapPss"): \.swapPss, key("Locked"): \.locked,
    ]

    static func key(_ name: some Sequence<UInt8>) -> Key { name.prefix(16).reduce(0) { $0 << 8 | Key($1) } }
    private static func key(_ name: String) -> Key { key(name.utf8) }

    /// Passes `Name:`.
    static func key(_ reader: inout ByteReader) throws(ParseError) -> Key {
        guard let name = reader.taken(upTo: .colon) else { throw reader.error(.expected("a field")) }
        return key(name)
    }
}

extension MemoryTotals {
    /// Passes the value of a field, and keeps it if it is one of ours.
    fileprivate mutating func readValue(of key: SmapsField.Key, _ reader: inout ByteReader) throws(ParseError) {
        guard let member = SmapsField.members[key] else {
            _ = reader.restOfLine()
            return
        }
        self[keyPath: member] = try reader.kilobytes()
    }
}

extension ByteReader {
    /// Passes `  123 kB` and the end of the line.
    mutating func kilobytes() throws(ParseError) -> ByteCount {
        skipBlanks()
        let count = try decimal()
        guard count <= UInt64(Int.max >> 10) else { throw error(.tooLarge) }
        guard restOfLine().elementsEqual(" kB".utf8) else {
            throw ParseError(file: file, line: line - 1, reason: .expected("kB"))
        }
        return ByteCount(Int(count) << 10)
    }
}
