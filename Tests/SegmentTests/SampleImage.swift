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
        .stacks: 16, .samples: 32, .frames: 8, .modules: 72, .tags: 64, .text: 1, .codes: 32,
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
        sample(0, address: 0x1000, bytes: 4112, rest: 12, born: 10, thread: 77, stack: 1, serial: 4095, tag: 1)
        sample(1, address: 0x3000, bytes: 64, rest: 24, born: 20, thread: 78, stack: 2)
        sample(2, address: 0x5000, bytes: 64, rest: 16, born: 30, thread: 79)
        sample(3, address: 0x7010, bytes: 8208, rest: 3, born: 40, freed: 50, thread: 77, stack: 1, state: 2)
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

    /// - Parameters:
    ///   - rest: Of a live block (state 1) the bytes not asked for, of a point (state 2) how many there are.
    ///   - born: In units of 2^23 ns, like `freed`.
    mutating func sample(
        _ index: Int, address: UInt64, bytes: UInt64, rest: UInt64 = 0, born: UInt64 = 0, freed: UInt64 = 0,
        thread: UInt64 = 0, stack: UInt64 = 0, serial: UInt64 = 0, tag: UInt64 = 0, state: UInt64 = 1
    ) {
        let place: UInt64 = address | tag << 48 | state << 61
        let extent: UInt64 = bytes | rest << 48
        let times: UInt64 = born | freed << 32
        let origin: UInt64 = stack | serial << 20
        words(.samples, index, [place, extent, times, thread | origin << 32])
    }

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
    /// - Parameter now: In units of 2^23 ns.
    func readSamples(_ image: SampleImage, now: UInt64 = 1000) throws -> SegmentSamples? {
        try write(image.image.bytes)
        return try open(mapping()).readSamples(now: now << 23)
    }
}
