import MemoryModel
import Testing

@testable import Segment

struct `The samples of a segment` {
    @Test func `are read whole`() throws {
        let samples = try #require(try SegmentDirectory().readSamples(SampleImage()))
        #expect(samples.mean == 4096 && samples.dropped == 5 && samples.withoutStack == 6 && samples.invalid == 0)
        #expect(samples.unwinder == .running && samples.python == .known && samples.pythonVersion == 0x030b_02f0)
        #expect(
            samples.live == [
                HeapSample(
                    address: Address(0x1000), bytes: 4112, request: 4100, born: 10 << 23, thread: 77, stack: 0, tag: 0),
                HeapSample(address: Address(0x3000), bytes: 64, request: 40, born: 20 << 23, thread: 78, stack: 1),
                HeapSample(address: Address(0x5000), bytes: 64, request: 48, born: 30 << 23, thread: 79),
            ])
        #expect(
            samples.left == [
                HeapSample(
                    address: Address(0x7010), bytes: 8208, born: 40 << 23, freed: 50 << 23, thread: 77, stack: 0,
                    points: 3)
            ])
        #expect(samples.tags == ["request 1"])
    }

    /// A machine that has been up for two years: the packed times have wrapped.
    @Test func `have times before the reading, also where those have wrapped`() throws {
        let turn: UInt64 = 1 << 32
        let samples = try #require(try SegmentDirectory().readSamples(SampleImage(), now: 2 * turn + 15))
        let born: [UInt64] = [2 * turn + 10, turn + 20, turn + 30]
        #expect(samples.live.map { $0.born >> 23 } == born)
        let freed = try #require(samples.left.first?.freed)
        #expect(freed >> 23 == turn + 50)
    }

    @Test func `have stacks, native and Python's`() throws {
        let samples = try #require(try SegmentDirectory().readSamples(SampleImage()))
        let stacks = samples.stacks.compactMap(\.self)
        #expect(stacks.map(\.isCut) == [true, false] && !samples.isOutOfStacks)
        #expect(
            samples.nativeFrames(of: stacks[0]) == [
                .init(module: 0, address: Address(0x40_1234)), .init(module: 1, address: Address(0x7f00_0000_1000)),
            ])
        #expect(samples.pythonFrames(of: stacks[0]) == [])
        #expect(samples.nativeFrames(of: stacks[1]) == [.init(module: nil, address: Address(0x1234))])
        #expect(
            samples.pythonFrames(of: stacks[1]) == [
                .init(code: 0, offset: 6, isEntry: false), .init(code: 0, offset: 8, isEntry: true),
            ])
        let module = try #require(samples.modules[0])
        #expect(module.path == "/bin/one" && module.buildID == [1, 2, 3, 4] && module.bias == 0)
        #expect(samples.modules[1]?.path == "/lib/two" && samples.modules[1]?.buildID == [])
        let code = try #require(samples.codes[0])
        #expect(code.name == "main" && code.file == "main.py" && code.firstLine == 7)
        #expect(Array(samples.lineTable(of: code)) == Array("ai".utf8))
    }

    @Test func `are nothing where nothing is sampled`() throws {
        var image = SampleImage()
        image.image.set(184, 0, 8)
        #expect(try SegmentDirectory().readSamples(image) == nil)
        let directory = try SegmentDirectory()
        try directory.write(SegmentImage().bytes)
        #expect(try directory.open(directory.mapping()).readSamples(now: 0) == nil)
    }

    /// The shim may sample without stacks, or have no room for any table.
    @Test(arguments: SampleImage.Table.allCases) func `may lack a table`(table: SampleImage.Table) throws {
        var image = SampleImage()
        image.describe(table, field: 0, 0, 4)
        let samples = try #require(try SegmentDirectory().readSamples(image))
        #expect(samples.live.count == (table == .samples ? 0 : 3))
        #expect(samples.stacks.compactMap(\.self).allSatisfy { samples.nativeFrames(of: $0).count <= 2 })
    }

    /// The evolution rule: entries grow at their end.
    @Test func `may come from a newer writer`() throws {
        var image = SampleImage()
        image.describe(.samples, field: 4, 64, 4)
        image.describe(.samples, field: 16, 32, 8)
        image.sample(2, address: 0x3000, bytes: 64)
        image.count(.samples, 2)
        let samples = try #require(try SegmentDirectory().readSamples(image))
        #expect(samples.live.map(\.address) == [Address(0x1000), Address(0x3000)])
    }

    @Test(
        arguments: [(0, .missing), (1, .running), (2, .missing), (3, .stopped), (4, .unsafe), (9, .missing)]
            as [(UInt64, SegmentSamples.Unwinder)])
    func `say whether stacks are taken`(value: UInt64, expected: SegmentSamples.Unwinder) throws {
        var image = SampleImage()
        image.image.set(208, value, 4)
        #expect(try SegmentDirectory().readSamples(image)?.unwinder == expected)
    }

    @Test func `say when there is no room for more stacks`() throws {
        var image = SampleImage()
        image.count(.stacks, 64)
        #expect(try SegmentDirectory().readSamples(image)?.isOutOfStacks == true)
    }

    @Test func `leave the stacks of mappings to the books`() throws {
        let image = SegmentImage()
        var other = image
        other.set(SegmentImage.places[.ranges]!.offset + 32 + 28, 9, 4)
        #expect(try SegmentDirectory().read(image).ownMappings.map(\.stack) == [nil])
        #expect(try SegmentDirectory().read(other).ownMappings.map(\.stack) == [8])
    }

    @Test func `have memory of their own, which is the observer's`() throws {
        var image = SegmentImage()
        image.range(2, start: 0x40000, end: 0x50000, caller: 0, kind: 3)
        image.count(.ranges, 3)
        let books = try SegmentDirectory().read(image)
        #expect(books.observerMappings == [AddressRange(start: Address(0x40000), end: Address(0x50000))])
        #expect(books.ownMappings.count == 1 && books.isConsistent)
    }

    @Test func `count down to the next one, which is no byte of the heap`() throws {
        var image = SegmentImage()
        image.slot(1, bytes: 13192 + 500_000, blocks: 5)
        image.set(SegmentImage.places[.slots]!.offset + 128 + 16, 500_000, 8)
        // A countdown below zero, and sums that pass through 2^63.
        image.slot(2, bytes: .max, blocks: -1)
        image.set(SegmentImage.places[.slots]!.offset + 256 + 16, UInt64(Int64.max) + 1000, 8)
        let directory = try SegmentDirectory()
        let books = try directory.read(image)
        #expect(books.liveBytes == 12692 && books.isConsistent)
        #expect(try directory.open(directory.mapping()).glance().liveBytes == 12692)
    }
}
