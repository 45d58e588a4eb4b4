@testable import Segment

/// The tables of samples, appended to a valid segment: like ``SegmentImage``, from the numbers of the format's description.
struct SampleImage {
    enum Table: Int, CaseIterable {
        case stacks = 16
        case samples = 17
        case frames = 18
        case modules = 22
        case tags, text, codes, sites
    }

    static let entryBytes: [Table: Int] = [
        .stacks: 16, .samples: 64, .frames: 8, .modules: 72, .tags: 64, .text: 1, .codes: 32,
        .sites: 88,
    ]
    static let capacity: [Table: Int] = [
        .stacks: 64, .samples: 64, .frames: 256, .modules: 64, .tags: 64, .text: 1024, .codes: 64,
        .sites: 64,
    ]

    var image = SegmentImage()
    /// Where each table begins in the file.
    private(set) var places: [Table: Int] = [:]

    /// Three live samples, one point of a freed block, two stacks of which one goes on in Python, two modules, a tag.
    init() {
        for table in Table.allCases {
            let entries = Self.capacity[table]!
            let bytes = entries * Self.entryBytes[table]!
            let at = image.bytes.count
            places[table] = at
            image.bytes += [UInt8](repeating: 0, count: bytes)
            describe(table, field: 0, UInt64(table.rawValue), 4)
            describe(table, field: 4, UInt64(Self.entryBytes[table]!), 4)
            describe(table, field: 8, UInt64(at), 8)
            describe(table, field: 16, UInt64(entries), 8)
        }
        image.set(24, UInt64(image.bytes.count), 8)
        image.set(184, 4096, 8)
        image.set(192, 5, 8)
        image.set(200, 6, 8)
        image.set(208, 1, 4)
        image.set(212, 1, 4)
        image.set(216, 0x030b_02f0, 4)
        sample(0, [0x1000, 4112, 4100, 10, 0, 77 | 1 << 32, 1 | 1 << 32 | 1 << 48])
        sample(1, [0x3000, 64, 40, 20, 0, 78 | 2 << 32, 0 | 1 << 32])
        sample(2, [0x5000, 64, 48, 30, 0, 79, 0 | 1 << 32])
        sample(3, [0x7010, 8208, 8192, 40, 50, 77 | 1 << 32, 0 | 2 << 32 | 3 << 48])
        count(.samples, 5)
        stack(0, first: 0, native: 2, python: 0, flags: 1)
        stack(1, first: 2, native: 1, python: 2)
        count(.stacks, 2)
        frames([1 << 48 | 0x40_1234, 2 << 48 | 0x7f00_0000_1000, 0x1234, 0 << 32 | 6, 1 << 63 | 0 << 32 | 8])
        module(0, start: 0x40_0000, end: 0x41_0000, bias: 0, text: 0, count: 8, identity: [1, 2, 3, 4])
        module(1, start: 0x7f00_0000_0000, end: 0x7f00_0010_0000, bias: 0x7f00_0000_0000, text: 8, count: 8)
        count(.modules, 2)
        text(0, "/bin/one/lib/twomain.pymain")
        code(0, name: (23, 4), file: (16, 7), lines: (24, 2), first: 7)
        count(.codes, 1)
        text(tag: 0, "request 1")
        count(.tags, 1)
        count(.text, 64)
        image.set(224, 7_000_000_000, 8)
        site(0, kind: 3, born: 9, died: 2, tick: 0, levels: [])
        site(1, kind: 1, born: 1 << 40, died: 1 << 39, tick: 20, levels: (0..<11).map { Float($0) * 100 })
        site(2, kind: 2, born: 500, died: 500, tick: 3, levels: [0, 1, 2, 3])
        count(.sites, 3)
    }

    mutating func describe(_ table: Table, field: Int, _ value: UInt64, _ width: Int) {
        image.set(512 + 32 * table.rawValue + field, value, width)
    }

    mutating func count(_ table: Table, _ value: UInt64) { describe(table, field: 24, value, 8) }

    /// Sets the 64-bit words of an entry.
    mutating func words(_ table: Table, _ index: Int, _ words: [UInt64]) {
        for (place, word) in words.enumerated() {
            image.set(places[table]! + index * Self.entryBytes[table]! + place * 8, word, 8)
        }
    }

    /// Address, bytes, request, born, freed, thread and stack << 32, tag and state << 32 and points << 48.
    mutating func sample(_ index: Int, _ fields: [UInt64]) { words(.samples, index, fields) }

    mutating func stack(_ index: Int, first: UInt64, native: UInt64, python: UInt64, flags: UInt64 = 0) {
        words(.stacks, index, [first, native | python << 16 | flags << 32])
    }

    mutating func frames(_ frames: [UInt64]) {
        for (index, frame) in frames.enumerated() { words(.frames, index, [frame]) }
        count(.frames, UInt64(frames.count))
    }

    mutating func module(
        _ index: Int, start: UInt64, end: UInt64, bias: UInt64, text: UInt64, count: UInt64, identity: [UInt8] = []
    ) {
        words(.modules, index, [start, end, bias, text | count << 32])
        let at = places[.modules]! + index * 72
        for (place, byte) in identity.enumerated() { image.set(at + 32 + place, UInt64(byte), 1) }
        image.set(at + 64, UInt64(identity.count), 4)
    }

    mutating func code(
        _ index: Int, name: (UInt64, UInt64), file: (UInt64, UInt64), lines: (UInt64, UInt64), first: UInt64
    ) {
        words(.codes, index, [name.0 | name.1 << 32, file.0 | file.1 << 32, lines.0 | lines.1 << 32, first])
    }

    /// A tally: entry 0 is of threads, entry i of stack i - 1.
    mutating func site(_ index: Int, kind: UInt64, born: UInt64, died: UInt64, tick: UInt64, levels: [Float]) {
        words(.sites, index, [born, died, kind | tick << 32])
        let at = places[.sites]! + index * 88 + 24
        for (place, level) in levels.enumerated() { image.set(at + 4 * place, UInt64(level.bitPattern), 4) }
    }

    mutating func text(_ offset: Int, _ text: String) { image.text(places[.text]! + offset, text) }
    mutating func text(tag index: Int, _ text: String) { image.text(places[.tags]! + index * 64, text) }
}

extension SegmentDirectory {
    func readSamples(_ image: SampleImage) throws -> SegmentSamples? {
        try write(image.image.bytes)
        return try open(mapping()).readSamples()
    }
}
