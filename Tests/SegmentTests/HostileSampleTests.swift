import Foundation
import MemoryModel
import System
import Testing

@testable import Segment

/// A change of valid samples, how many entries the reader must leave out for it, and how many live samples are left.
struct SampleDamage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var invalid: Int
    var live: Int
    var change: @Sendable (inout SampleImage) -> Void

    init(_ name: String, invalid: Int, live: Int = 3, _ change: @escaping @Sendable (inout SampleImage) -> Void) {
        (testDescription, self.invalid, self.live, self.change) = (name, invalid, live, change)
    }
}

/// What is wrong in the samples costs a sample, a stack or a name, and never the books.
struct `Hostile samples` {
    static let damages = [
        SampleDamage("an unknown state", invalid: 1, live: 2) { $0.sample(0, address: 1, bytes: 64, state: 7) },
        SampleDamage("a block of nothing", invalid: 1, live: 2) { $0.sample(0, address: 1, bytes: 0) },
        SampleDamage("a freed block of no points", invalid: 1) { $0.sample(3, address: 1, bytes: 64, state: 2) },
        SampleDamage("a stack that is not there", invalid: 1) { $0.sample(0, address: 1, bytes: 64, stack: 3) },
        SampleDamage("the last stack there could be", invalid: 1) {
            $0.sample(0, address: 1, bytes: 64, stack: 0xf_ffff)
        },
        SampleDamage("a tag that is not there", invalid: 1) { $0.sample(0, address: 1, bytes: 64, tag: 2) },
        SampleDamage("a stack of 65 frames", invalid: 2) {
            $0.stack(1, first: 0, native: 65, python: 0)
            $0.count(.frames, 128)
        },
        SampleDamage("a stack of 65535 frames", invalid: 2) { $0.stack(1, first: 0, native: 65535, python: 0) },
        SampleDamage("a stack of 65 Python frames", invalid: 2) {
            $0.stack(1, first: 0, native: 0, python: 65)
            $0.count(.frames, 128)
        },
        SampleDamage("a stack beyond the frames", invalid: 2) { $0.stack(1, first: 4, native: 1, python: 1) },
        SampleDamage("a stack at the end of all numbers", invalid: 2) {
            $0.stack(1, first: .max, native: 2, python: 0)
        },
        SampleDamage("a stack at 2^63", invalid: 2) { $0.stack(1, first: 1 << 63, native: 0, python: 0) },
        SampleDamage("a module of no bytes", invalid: 1) {
            $0.module(0, start: 0x5000, end: 0x5000, bias: 0, text: 0, count: 8)
        },
        SampleDamage("a module beyond all addresses", invalid: 1) {
            $0.module(0, start: 0x5000, end: .max, bias: .max, text: 0, count: 8)
        },
        SampleDamage("a path beyond the text", invalid: 1) {
            $0.module(0, start: 0x5000, end: 0x6000, bias: 0, text: 60, count: 8)
        },
        SampleDamage("a path without end", invalid: 1) {
            $0.module(0, start: 0x5000, end: 0x6000, bias: 0, text: 0, count: 0xffff_ffff)
        },
        SampleDamage("a path that overflows", invalid: 1) {
            $0.module(0, start: 0x5000, end: 0x6000, bias: 0, text: 0xffff_ffff, count: 0xffff_ffff)
        },
        SampleDamage("a path with a NUL", invalid: 1) { $0.text(3, "\0") },
        SampleDamage("a build-id of 2^32 - 1 bytes", invalid: 1) {
            $0.image.set($0.places[.modules]! + 64, 0xffff_ffff, 4)
        },
        SampleDamage("a name beyond the text", invalid: 1) {
            $0.code(0, name: (64, 1), file: (0, 1), lines: (0, 1), first: 1)
        },
        SampleDamage("a file beyond the text", invalid: 1) {
            $0.code(0, name: (0, 1), file: (0, 0xffff_ffff), lines: (0, 1), first: 1)
        },
        SampleDamage("a line table beyond the text", invalid: 1) {
            $0.code(0, name: (0, 1), file: (0, 1), lines: (0xffff_ffff, 0xffff_ffff), first: 1)
        },
    ]

    static let tableDamages = SampleImage.Table.allCases.flatMap { table in
        let live = table == .samples ? 0 : 3
        let without: Int =
            // What refers to the entries of the table: three stacks of samples, a tag, paths and a code's texts.
            switch table {
            case .samples, .modules, .codes, .sites: 0
            case .stacks: 3
            case .frames: 2 + 3
            case .tags: 1
            case .text: 2 + 1
            }
        return [
            SampleDamage("\(table) of 2^60 entries", invalid: 1 + without, live: live) {
                $0.describe(table, field: 16, 1 << 60, 8)
                $0.count(table, 1 << 60)
            },
            SampleDamage("\(table) of 2^64 - 1 entries", invalid: 1 + without, live: live) {
                $0.describe(table, field: 16, .max, 8)
                $0.count(table, .max)
            },
            SampleDamage("\(table) beyond the file", invalid: 1 + without, live: live) {
                $0.describe(table, field: 8, UInt64($0.image.bytes.count), 8)
            },
            SampleDamage("\(table) whose end overflows", invalid: 1 + without, live: live) {
                $0.describe(table, field: 8, .max, 8)
            },
            SampleDamage("\(table) with entries of nothing", invalid: 1 + without, live: live) {
                $0.describe(table, field: 4, 0, 4)
            },
            SampleDamage("\(table) with huge entries", invalid: 1 + without, live: live) {
                $0.describe(table, field: 4, 0xffff_ffff, 4)
            },
        ]
    }

    @Test(arguments: damages + tableDamages) func `are left out, counted, and harm nothing else`(
        _ damage: SampleDamage
    ) throws {
        var image = SampleImage()
        damage.change(&image)
        let directory = try SegmentDirectory()
        let samples = try #require(try directory.readSamples(image))
        #expect(samples.invalid == damage.invalid && samples.live.count == damage.live)
        samples.check()
        #expect(try directory.open(directory.mapping()).read().liveBytes == 12692)
    }

    @Test func `may count more than they have room for`() throws {
        var image = SampleImage()
        for table in SampleImage.Table.allCases { image.count(table, .max) }
        let samples = try #require(try SegmentDirectory().readSamples(image))
        #expect(samples.live.count == 3 && samples.stacks.count == SampleImage.capacity[.stacks])
        samples.check()
    }

    /// An address that its module does not hold is nobody's, and a code that is not there still marks an entry.
    @Test func `may have frames of what is not there`() throws {
        var image = SampleImage()
        image.stack(0, first: 0, native: 4, python: 3)
        image.frames([
            1 << 48 | 0x3f_ffff, 1 << 48 | 0x41_0000, 3 << 48 | 0x40_0000, 0xffff << 48 | 0xffff_ffff_ffff,
            1 << 32 | 8, 1 << 63 | 0x7fff_ffff << 32 | 8, 0xffff_ffff,
        ])
        let samples = try #require(try SegmentDirectory().readSamples(image))
        let stack = try #require(samples.stacks[0])
        #expect(samples.nativeFrames(of: stack).map(\.module) == [nil, nil, nil, nil])
        #expect(samples.nativeFrames(of: stack)[3].address == Address(0xffff_ffff_ffff))
        #expect(
            samples.pythonFrames(of: stack) == [
                .init(code: nil, offset: 8, isEntry: false), .init(code: nil, offset: 8, isEntry: true),
                .init(code: 0, offset: 0xffff_ffff, isEntry: false),
            ])
    }

    @Test func `may be cut while they are read`() throws {
        let directory = try SegmentDirectory()
        var image = SampleImage()
        image.count(.text, 1024)
        try directory.write(image.image.bytes)
        let file = try directory.open(directory.mapping())
        for bytes in image.places.values.sorted() {
            #expect(unsafe truncate("\(directory.path)/\(directory.name)", bytes) == 0)
            #expect(throws: SegmentError.truncated) { _ = try file.readSamples(now: 0) }
        }
    }

    @Test func `may name what no terminal should see`() throws {
        var image = SampleImage()
        image.text(tag: 0, "\u{1b}[2J\n" + String(repeating: "x", count: 64 - 5))
        image.text(0, "\u{1b}]0;a\u{7}")
        image.image.set(image.places[.text]! + 8, 0xfffe, 2)
        let samples = try #require(try SegmentDirectory().readSamples(image))
        // 64 bytes without a NUL, and no byte of the next tag.
        #expect(samples.tags.map(\.utf8.count) == [64] && samples.tags[0].hasPrefix("\u{1b}[2J\n"))
        // What is not UTF-8 is replaced; escaping is left to who prints.
        #expect(samples.modules.map { $0?.path } == ["\u{1b}]0;a\u{7}ne", "\u{fffd}\u{fffd}ib/two"])
    }

    @Test func `may say that a block was freed before it was born, or that less was asked for than nothing`() throws {
        var image = SampleImage()
        image.sample(3, address: 0x7010, bytes: 64, rest: 1, born: 40, freed: 5, thread: 77, state: 2)
        image.sample(0, address: 0x1000, bytes: 64, rest: 65535)
        let samples = try #require(try SegmentDirectory().readSamples(image))
        #expect(samples.left.first?.freed == 40 << 23 && samples.live.first?.request == 0)
    }

    /// A million entries may all claim the same long text; a sparse file has room for any number.
    @Test func `cost no more memory than the file has bytes`() throws {
        var image = SampleImage()
        let entries = 1 << 20
        for (table, bytes) in [(SampleImage.Table.codes, 32), (.stacks, 16)] {
            image.describe(table, field: 8, UInt64(image.image.bytes.count), 8)
            image.describe(table, field: 16, UInt64(entries), 8)
            image.count(table, UInt64(entries))
            image.image.bytes += [UInt8](repeating: 0, count: bytes)
            image.image.bytes += [UInt8](repeating: 0, count: (entries - 1) * bytes)
        }
        // Every name 1000 bytes, every stack 64 frames.
        image.count(.text, 1024)
        image.count(.frames, 64)
        let codes = image.image.bytes.count - entries * 48
        for index in 0..<entries {
            image.image.set(codes + index * 32 + 4, 1000, 4)
            image.image.set(codes + index * 32 + 12, 1000, 4)
            image.image.set(codes + index * 32 + 20, 1000, 4)
            image.image.set(codes + entries * 32 + index * 16 + 8, 64, 2)
        }
        image.image.set(24, UInt64(image.image.bytes.count), 8)
        let samples = try #require(try SegmentDirectory().readSamples(image))
        #expect(samples.codes.count == 1 << 17 && samples.stacks.count == entries)
        let copied = samples.codes.reduce(0) { $0 + ($1.map { $0.name.utf8.count + $0.file.utf8.count } ?? 0) }
        #expect(copied > 60 << 20 && copied <= 64 << 20)
    }

    /// Seeded, so that what is found is found again: any bytes in any of the tables, and in what describes them.
    @Test(arguments: 0..<10) func `may be any bytes at all`(seed: UInt64) throws {
        let directory = try SegmentDirectory()
        let valid = SampleImage()
        try directory.write(valid.image.bytes)
        let file = try directory.open(directory.mapping())
        let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(directory.path)/\(directory.name)"))
        var random = seed + 1
        func next(_ bound: Int) -> Int {
            // xorshift64 (G. Marsaglia, 2003)
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        let edges: [UInt64] = [0, 1, 2, 64, 65, 0xff, 0xffff, 1 << 20, 1 << 31, 0xffff_ffff, 1 << 48, 1 << 63, .max]
        var (damaged, whole) = (0, 0)
        for round in 0..<400 {
            var image = valid
            for table in SampleImage.Table.allCases {
                let bytes = SampleImage.entryBytes[table]! * SampleImage.capacity[table]!
                if round % 4 == 0 { image.count(table, UInt64(next(80))) }
                for _ in 0..<next(round % 8 == 1 ? 200 : 3) {
                    let width = [1, 2, 4, 8][next(4)]
                    let at = image.places[table]! + next(bytes) / width * width
                    image.image.set(at, next(3) == 0 ? UInt64(next(1 << 40)) : edges[next(edges.count)], width)
                }
                if next(20) == 0 { image.describe(table, field: [4, 8, 16, 24][next(4)], edges[next(edges.count)], 4) }
            }
            try writer.seek(toOffset: 0)
            try writer.write(contentsOf: image.image.bytes)
            guard let samples = try file.readSamples(now: 0) else { continue }
            samples.check()
            if samples.invalid > 0 { damaged += 1 } else { whole += 1 }
        }
        // The probe itself: some variants are damaged, some are not.
        #expect(damaged > 40 && whole > 40, "\(damaged) \(whole)")
    }
}

extension SegmentSamples {
    /// What holds of anything that was read.
    func check() {
        for sample in live + left {
            #expect(sample.bytes > 0 && sample.request <= sample.bytes && sample.points > 0)
            #expect(sample.stack.map { stacks[$0] != nil } ?? true)
            #expect(sample.tag.map { tags.indices.contains($0) } ?? true)
        }
        for stack in stacks.compactMap(\.self) {
            let native = nativeFrames(of: stack)
            #expect(native.count <= 64 && native.allSatisfy { $0.module.map { modules[$0] != nil } ?? true })
            let python = pythonFrames(of: stack)
            #expect(python.count <= 64 && python.allSatisfy { $0.code.map { codes[$0] != nil } ?? true })
        }
        for module in modules.compactMap(\.self) {
            #expect(!module.path.utf8.contains(0) && module.buildID.count <= 32)
        }
        for until in [0, 7_000_000_000, 90_000_000_000, UInt64.max] {
            let history = history(until: until, place: [0: 0, 1: 1])
            for site in history?.sites ?? [] {
                #expect(site.levels.count <= 16 && site.levels.allSatisfy { $0.isFinite && $0 >= 0 })
            }
        }
        for code in codes.compactMap(\.self) { #expect(lineTable(of: code).count <= text.count) }
    }
}
