import Attribution
import MemoryModel
import Testing

@Suite struct `Answers by something else than the site` {
    static let second: UInt64 = 1_000_000_000
    static let now = 100_000 * second

    static func sample(_ page: UInt64, _ bytes: Int, age: Double, thread: Int = 1, stack: Int? = 0, tag: Int? = nil)
        -> HeapSample
    {
        HeapSample(
            address: Address(page * 4096), bytes: ByteCount(bytes), born: UInt64(Double(now) - age * Double(second)),
            thread: thread, stack: stack, tag: tag)
    }

    static let samples = [
        sample(10, 100, age: 0.5, thread: 1, stack: 0, tag: 0), sample(11, 200, age: 5, thread: 2, stack: 1, tag: 1),
        sample(12, 400, age: 30, thread: 3, stack: 2), sample(13, 800, age: 300, thread: 7, stack: nil),
        sample(14, 1600, age: 1_800, thread: 0, stack: 0), sample(15, 3200, age: 90_000, thread: 2, stack: 1),
        // Later than the reading, and indices that lead nowhere.
        sample(16, 6400, age: -5, thread: 2, stack: 99, tag: -1),
    ]

    static func answer(by grouping: SiteAnswer.Grouping, limit: Int = 20) throws -> SiteAnswer {
        let frames = ["a", "b", "a"].map { Frame(function: $0, file: "x.c", line: 1) }
        let heap = SampledHeap(
            mean: 1, live: samples,
            stacks: frames.enumerated().map {
                SampledStack(frames: [Frame(function: "malloc"), $1, Frame(function: "caller-\($0)")])
            },
            tags: ["job-1", "job-2"], threadNames: [1: "main", 2: "worker", 3: "worker"], readAt: now)
        let report = attribute(
            Snapshot([], [], HeapWitness(liveBytes: 12_700, sampled: heap)),
            sites: SiteOptions(by: grouping, limit: limit))
        return try #require(report.sites).holds
    }

    static func sums(by grouping: SiteAnswer.Grouping) throws -> [String: Int] {
        let groups = try answer(by: grouping).groups
        return Dictionary(uniqueKeysWithValues: groups.map { ($0.name, $0.bytes.value) })
    }

    @Test func `by site adds up stacks of one site, and shows the callers of the heaviest`() throws {
        let answer = try Self.answer(by: .site)
        #expect(answer.groups.map(\.bytes.value) == [7200, 3400, 2100])
        #expect(answer.groups.map { $0.frames.map(\.function) } == [[], ["b", "caller-1"], ["a", "caller-0"]])
        #expect(answer.groups.map(\.samples) == [2, 2, 3])
        #expect(answer.estimate.value == 12_700 && answer.total == 12_700 && answer.samples == 7)
        #expect(answer.withoutStack.value == 7200)
    }

    @Test func `by stack shows it whole`() throws {
        let answer = try Self.answer(by: .stack)
        #expect(answer.groups.map { $0.frames.count } == [0, 3, 3, 3])
        #expect(answer.groups.map(\.bytes.value) == [7200, 3400, 1700, 400])
    }

    @Test func `by thread goes by name`() throws {
        let expected = ["main": 100, "worker": 10_200, "(ended threads)": 800, "(unknown thread)": 1600]
        #expect(try Self.sums(by: .thread) == expected)
        #expect(try Self.answer(by: .thread).groups.first?.frames.first?.function == "b")
    }

    @Test func `by tag goes by its text`() throws {
        #expect(try Self.sums(by: .tag) == ["job-1": 100, "job-2": 200, "(no tag)": 12_400])
    }

    @Test func `by age is a histogram in the order of time`() throws {
        let groups = try Self.answer(by: .age).groups
        #expect(groups.map(\.name) == ["0-1 s", "1-10 s", "10-60 s", "1-10 min", "10-60 min", "1 h+"])
        #expect(groups.map(\.bytes.value) == [6500, 200, 400, 800, 1600, 3200])
    }

    @Test func `no more than asked for, and told how many there are`() throws {
        let answer = try Self.answer(by: .stack, limit: 2)
        #expect(answer.groups.map(\.bytes.value) == [7200, 3400])
        #expect(answer.groupCount == 4)
    }

    @Test func `what was left tells when it was freed`() throws {
        func point(_ page: UInt64, freed age: UInt64) -> HeapSample {
            HeapSample(address: Address(page * 4096), bytes: 4096, freed: Self.now - age * Self.second, stack: 0)
        }
        let left = [point(10, freed: 40), point(11, freed: 10), point(12, freed: 30), point(13, freed: 7000)]
        let heap = SampledHeap(
            mean: 1, left: left, stacks: [SampledStack(frames: [Frame(function: "f")])], readAt: Self.now)
        let snapshot = Snapshot([line(10, 14, "[heap]")], [anonymous(10, 14)], HeapWitness(sampled: heap))
        let answer = try #require(attribute(snapshot).sites).left
        #expect(answer.groups.first?.freed == SiteGroup.Freed(medianSeconds: 40, latestSeconds: 10))
        let byAge = try #require(attribute(snapshot, sites: SiteOptions(by: .age)).sites).left
        #expect(byAge.groups.map(\.name) == ["10-60 s", "1 h+"])
    }

    @Test func `mappings go to the code that mapped them, exactly`() throws {
        let stacks = ["mmap", "a", "b"].map { SampledStack(frames: [Frame(function: $0), Frame(function: "main")]) }
        let heap = SampledHeap(
            mappings: [
                SampledMapping(range: range(1000, 1300), stack: 1), SampledMapping(range: range(2000, 2300), stack: 1),
                SampledMapping(range: range(3000, 3300), stack: 2), SampledMapping(range: range(3300, 3400), stack: 77),
                SampledMapping(range: range(4000, 4300), stack: 0),
            ], stacks: stacks)
        let own = [(1000, 1300), (2000, 2300), (3000, 3300), (3300, 3400), (4000, 4300)].map {
            OwnedRange(range: range($0, $1), owner: "/bin/a")
        }
        let snapshot = Snapshot(
            [line(1000, 5000)],
            [anonymous(1000, 1100), anonymous(2000, 2050), anonymous(3000, 3299), anonymous(4000, 4001)],
            HeapWitness(ownMappings: own, sampled: heap))
        let mappings = try #require(attribute(snapshot).sites).mappings
        #expect(mappings.map(\.bytes) == [pages(299), pages(150), pages(1)])
        #expect(mappings.map(\.count) == [1, 2, 1])
        #expect(mappings.map { $0.frames.first?.function } == ["b", "a", "main"])
    }

    @Test func `nothing sampled is told from nothing known`() {
        #expect(attribute(Snapshot([], [], nil)).sites == nil)
        #expect(attribute(Snapshot([], [], HeapWitness())).sites?.degraded == ["sampling-off"])
        #expect(attribute(Snapshot([], [], HeapWitness(sampled: SampledHeap()))).sites?.degraded == [])
        var unasked = HeapWitness()
        unasked.leavesOutSamples = true
        #expect(attribute(Snapshot([], [], unasked)).sites == nil)
        unasked.sampled = SampledHeap()
        #expect(attribute(Snapshot([], [], unasked)).sites?.degraded == [])
    }
}
