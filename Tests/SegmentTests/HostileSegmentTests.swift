import Foundation
import MemoryModel
import System
import Testing

@testable import Segment

/// A change of a valid segment, and what the reader must make of it.
struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout SegmentImage) -> Void
    var error: SegmentError

    init(_ name: String, _ error: SegmentError, _ change: @escaping @Sendable (inout SegmentImage) -> Void) {
        (testDescription, self.error, self.change) = (name, error, change)
    }
}

/// Whoever owns the process may write anything into its segment.
struct `A hostile segment` {
    static let damages = [
        Damage("no magic", .notASegment) { $0.set(0, 0, 8) },
        Damage("another file's magic", .notASegment) { $0.set(0, 0x464c_457f, 8) },
        Damage("the magic of version 2", .version(2)) { $0.set(7, 2, 1) },
        Damage("major version 2", .version(2)) { $0.set(8, 2, 4) },
        Damage("major version 0", .version(0)) { $0.set(8, 0, 4) },
        Damage("still building", .building) { $0.set(48, 0, 4) },
        Damage("granules of 64 KiB", .implausible("the granule's size")) { $0.set(20, 65536, 4) },
        Damage("a short header", .implausible("the header's size")) { $0.set(16, 4095, 4) },
        Damage("a file longer than the file", .truncated) { $0.set(24, UInt64(SegmentImage.fileBytes + 1), 8) },
        Damage("a file of no length", .implausible("the place of section 1")) { $0.set(24, 0, 8) },
        Damage("the longest file", .truncated) { $0.set(24, .max, 8) },
        Damage("another process's pid", .ofAnotherProcess(pid: 4320)) { $0.set(32, 4320, 4) },
        Damage("counters of another size", .implausible("a leaf's size")) {
            $0.setSection(.counters, field: 4, 2048, 4)
        },
    ]

    static let sectionDamages = SegmentImage.Section.allCases.flatMap { section in
        let place = SegmentImage.places[section]!
        let name = "\(section)"
        let size = SegmentError.implausible("the size of section \(section.rawValue)")
        let offset = SegmentError.implausible("the place of section \(section.rawValue)")
        return [
            Damage("no \(name)", .implausible("the list of sections")) { $0.setSection(section, field: 0, 0, 4) },
            Damage("\(name) of another kind", .implausible("the list of sections")) {
                $0.setSection(section, field: 0, UInt64(section.rawValue % 6 + 1), 4)
            },
            Damage("\(name) with entries of nothing", size) { $0.setSection(section, field: 4, 0, 4) },
            Damage("\(name) with huge entries", size) { $0.setSection(section, field: 4, 0xffff_ffff, 4) },
            Damage("\(name) without end", size) { $0.setSection(section, field: 16, .max, 8) },
            Damage("\(name) whose size overflows", size) { $0.setSection(section, field: 16, 1 << 60, 8) },
            Damage("\(name) beyond the file", offset) {
                $0.setSection(section, field: 8, UInt64(SegmentImage.fileBytes), 8)
            },
            Damage("\(name) one byte too far", offset) {
                let bytes = place.entry * place.capacity
                $0.setSection(section, field: 8, UInt64(SegmentImage.fileBytes - bytes + 1), 8)
            },
            Damage("\(name) whose end overflows", offset) { $0.setSection(section, field: 8, .max - 100, 8) },
            Damage("\(name) at a negative place", offset) { $0.setSection(section, field: 8, 1 << 63, 8) },
        ]
    }

    @Test(arguments: damages + sectionDamages) func `is refused by name`(_ damage: Damage) throws {
        var image = SegmentImage()
        damage.change(&image)
        let directory = try SegmentDirectory()
        #expect(throws: damage.error) { _ = try directory.read(image) }
    }

    /// The file may be cut at any moment: under a header that was right a moment ago, too.
    @Test(arguments: [0, 1, 511, 4095, 4096] + SegmentImage.places.values.map(\.offset).sorted())
    func `may be cut anywhere`(bytes: Int) throws {
        let directory = try SegmentDirectory()
        try directory.write(SegmentImage().bytes)
        let file = try directory.open(directory.mapping())
        #expect(throws: Never.self) { _ = try file.read() }
        #expect(unsafe truncate("\(directory.path)/\(directory.name)", bytes) == 0)
        #expect(throws: SegmentError.truncated) { _ = try file.read() }
    }

    @Test func `may count more than it has room for`() throws {
        var image = SegmentImage()
        for section in SegmentImage.Section.allCases { image.count(section, .max) }
        let books = try SegmentDirectory().read(image)
        #expect(books.liveBytes == 12692 && books.isConsistent && books.ownMappings.count == 1)
    }

    @Test func `may have entries too small to be read`() throws {
        for section in SegmentImage.Section.allCases where section != .counters {
            var image = SegmentImage()
            image.setSection(section, field: 4, 4, 4)
            #expect(throws: SegmentError.implausible("an entry's size")) { _ = try SegmentDirectory().read(image) }
        }
    }

    /// Sparse files are as long as one likes.
    @Test(arguments: SegmentImage.Section.allCases) func `costs no more memory than a true one`(
        section: SegmentImage.Section
    ) throws {
        var image = SegmentImage()
        let hole = 3 << 40
        image.set(24, UInt64(image.bytes.count + hole), 8)
        image.setSection(section, field: 4, 1 << 20, 4)
        image.setSection(section, field: 16, 1 << 20, 8)
        image.count(section, 1 << 20)
        let directory = try SegmentDirectory()
        try directory.write(image.bytes, holeBytes: hole)
        let error = #expect(throws: SegmentError.self) { _ = try directory.open(directory.mapping()).read() }
        #expect(error == .implausible("the size of section \(section.rawValue)"))
    }

    @Test func `may say the same granules twice, or none`() throws {
        var image = SegmentImage()
        for leaf in 0..<8 { image.leaf(leaf, key: leaf % 2 == 0 ? 1 << 24 : 0, slot: 900, counters: [2047: 9000]) }
        image.count(.leaves, 8)
        image.count(.counters, 8)
        let books = try SegmentDirectory().read(image)
        #expect(books.ledger.spans.count == 1 && books.torn > 0 && !books.isConsistent)
        #expect(books.ledger.spans.allSatisfy { $0.liveBytes.allSatisfy { $0 <= 4096 } })
    }

    /// What overlaps, or ends before it begins, is left out; sums of the rest may overflow, and are only compared.
    @Test func `may have ranges that cannot be`() throws {
        var image = SegmentImage()
        image.range(0, start: 0, end: .max, caller: 1, kind: 2)
        image.range(1, start: 0x30000, end: 0x20000, caller: 2, kind: 1)
        image.range(2, start: .max, end: .max, caller: 3, kind: 1)
        image.range(3, start: 5, end: 6, caller: 4, kind: 1)
        image.range(4, start: 1 << 63, end: .max, caller: 5, kind: 77)
        image.range(5, start: 0x20000, end: 0x30000, caller: 6, kind: 1)
        image.range(6, start: 0x28000, end: 0x38000, caller: 7, kind: 2)
        image.range(7, start: 0x21000, end: 0x22000, caller: 8, kind: 1)
        image.count(.ranges, 8)
        image.slot(0, bytes: .max, blocks: .max)
        image.slot(1, bytes: .max, blocks: .min)
        let books = try SegmentDirectory().read(image)
        let disjoint = (books.blocks + books.ownMappings.map(\.range)).sorted { $0.start < $1.start }
        #expect(disjoint.allSatisfy { $0.start < $0.end })
        #expect(zip(disjoint, disjoint.dropFirst()).allSatisfy { $0.end <= $1.start })
        // Nothing ends beyond what a process can have.
        #expect(disjoint.map(\.start) == [Address(5), Address(0x20000)])
        #expect(!books.isConsistent)
    }

    @Test(arguments: [.max, .max - 0x7000_0000, 1 << 63] as [UInt64])
    func `may have private memory beyond all addresses`(bytes: UInt64) throws {
        var image = SegmentImage()
        image.set(112, bytes, 8)
        image.set(64, .max, 8)
        for index in 0..<64 { image.bytes[120 + index] = 0xff }
        let books = try SegmentDirectory().read(image)
        #expect(books.privateMemory.isEmpty && books.tunables.mmapThreshold.rawValue == .max)
    }

    /// Seeded, so that what is found is found again. Mutations are aimed where the reader looks: the header, the
    /// descriptions of the sections, the tables.
    @Test(arguments: 0..<10) func `may be any bytes at all`(seed: UInt64) throws {
        let directory = try SegmentDirectory()
        let valid = SegmentImage()
        try directory.write(valid.bytes)
        let mapping = try directory.mapping()
        let file = try directory.open(mapping)
        let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(directory.path)/\(directory.name)"))
        var random = seed + 1
        func next(_ bound: Int) -> Int {
            // xorshift64 (G. Marsaglia, 2003)
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        let edges: [UInt64] = [0, 1, 7, 0xff, 0x1000, 0xffff, 1 << 20, 1 << 31, 0xffff_ffff, 1 << 62, 1 << 63, .max]
        var refused = 0
        for _ in 0..<1000 {
            var image = valid
            for _ in 0...next(4) {
                let region = [0..<160, 512..<512 + 7 * 32, 4096..<20500, 0..<image.bytes.count][next(4)]
                let width = [1, 2, 4, 8][next(4)]
                let at = min(region.lowerBound + next(region.count) / width * width, image.bytes.count - width)
                image.set(at, next(3) == 0 ? UInt64(next(1 << 40)) : edges[next(edges.count)], width)
            }
            try writer.seek(toOffset: 0)
            try writer.write(contentsOf: image.bytes)
            do throws(SegmentError) {
                let books = try file.read()
                #expect(books.ledger.spans.allSatisfy { $0.liveBytes.allSatisfy { $0 <= 4096 } })
                _ = (books.isConsistent, books.degraded, books.privateMemory.count)
            } catch {
                refused += 1
            }
        }
        // The probe itself: some variants are refused, some are not.
        #expect((100...900).contains(refused), "\(refused)")
    }
}
