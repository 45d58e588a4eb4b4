import Attribution
import MemoryModel
import TestSupport
import Testing

/// Snapshots that break every promise: a target may be hostile, and a file may be damaged.
@Suite struct `Hostile snapshots` {
    @Test(arguments: 0..<1500) func `do not crash, and sum to RSS`(seed: Int) {
        var random = Randomness(seed: seed)
        let report = attribute(Self.snapshot(&random), growth: Self.growth(&random))
        #expect(report.sum == report.rss)
        #expect(report.swapSum == report.swap)
        #expect(report.ledger.allSatisfy { $0.bytes >= 0 && $0.swap >= 0 })
        #expect(report.heap.predictedTrimRange.contains(report.heap.predictedTrim))
        for question in SiteAnswer.Question.allCases {
            let answer = report.sites?[question] ?? SiteAnswer(question)
            #expect(answer.estimate.value >= 0 && answer.estimate.error >= 0)
            #expect(answer.groups.count <= 5 && answer.groupCount >= answer.groups.count)
        }
        for arena in report.heap.arenas {
            #expect(arena.resident == arena.live + arena.retained + arena.kept + arena.fragmented)
        }
    }

    @Test func `runs that overlap count once`() {
        let runs = [anonymous(10, 20), file(15, 25), anonymous(5, 12), swapped(24, 26)]
        let report = attribute(Snapshot([line(0, 100, "/data")], runs, HeapWitness()))
        #expect(report.rows == [.moduleData: pages(10), .files: pages(5)])
        #expect(report.swap == pages(1))
    }

    @Test func `heaps that overlap count once`() {
        let interior = HeapInterior(
            arenas: [
                .init(isMain: false, heaps: [range(100, 200), range(150, 250)], top: range(5, 6)),
                .init(isMain: false, heaps: [range(120, 130), range(90, 110)], top: bytes(0, .max)),
            ], cached: [], freeChunksAtPageStart: [])
        let report = attribute(Snapshot([line(80, 300)], [anonymous(80, 300)], HeapWitness(interior: interior)))
        #expect(report.rows[.unexplained] == pages(10 + 50))
        #expect(report.heap.arenas.reduce(0) { $0 + $1.resident } == pages(160))
    }

    /// Addresses near one another, near the ends of everything, or anywhere.
    static func address(_ random: inout Randomness) -> UInt64 {
        switch random.number(0...9) {
        case 0: random.next()
        case 1: UInt64.max - random.number(0...5000)
        case 2: (1 << 57) + random.number(0...8192) - 4096
        case 3: random.number(0...4096)
        case 4: random.number(0...200 * 4096)
        default: random.number(0...200) * 4096
        }
    }

    static func area(_ random: inout Randomness) -> AddressRange {
        let start = address(&random)
        return random.chance(0.5)
            ? bytes(start, address(&random)) : bytes(start, start &+ random.number(0...20) * 4096)
    }

    static func areas(_ limit: UInt64, _ random: inout Randomness) -> [AddressRange] {
        let list = (0..<random.number(0...limit)).map { _ in area(&random) }
        return random.chance(0.5) ? list : list.sorted { $0.start < $1.start }
    }

    static func number(_ random: inout Randomness) -> ByteCount {
        ByteCount(random.pick([.min, .max, -1, 0, 1, 1 << 40, Int(bitPattern: UInt(random.next()))]))
    }

    static func snapshot(_ random: inout Randomness) -> Snapshot {
        let names = ["", "", "", "[heap]", "[stack]", "[vdso]", "/lib/a.so", "/dev/shm/a", "[anon:x]", "["]
        let lines = areas(20, &random).map {
            Mapping(
                range: $0, permissions: .init(rawValue: UInt8(random.number(0...15))), name: random.pick(names))
        }
        let residency = areas(30, &random).map {
            ResidencyRun(range: $0, state: random.pick([.anonymous, .file, .swapped]))
        }
        return Snapshot(
            process: ProcessFacts(pid: 1, command: [], threads: number(&random).rawValue), mappings: lines,
            residency: residency, heap: random.chance(0.9) ? witness(&random) : nil,
            reading: Reading(moved: number(&random)))
    }

    static func witness(_ random: inout Randomness) -> HeapWitness {
        let candidates: [UInt64] = [0, 1, 2, .max, .max / 2048, 1 << 44, random.next()]
        let keys = Set((0..<3).map { _ in random.pick(candidates) })
        let spans = keys.sorted().map { key in
            PageLedger.Span(
                key: key,
                liveBytes: (0..<PageLedger.granulesPerSpan).map { _ in
                    random.chance(0.5) ? 0 : UInt16(truncatingIfNeeded: random.next())
                })
        }
        return HeapWitness(
            isGlibc: random.chance(0.9), liveBytes: number(&random), liveBlocks: number(&random).rawValue,
            ledger: PageLedger(spans: spans), blocks: areas(5, &random), arenaHeaps: areas(4, &random).map(\.start),
            ownMappings: areas(5, &random).map { OwnedRange(range: $0, owner: "/bin/a") },
            threadPointers: areas(5, &random).map(\.start),
            mainThreadPointer: random.chance(0.5) ? Address(address(&random)) : nil, observer: areas(2, &random),
            observerLibrary: random.pick(["", "/lib/a.so"]),
            tunables: Tunables(mmapThreshold: ByteCount(1 << 40), raisedBy: "x"),
            interior: random.chance(0.7) ? interior(&random) : nil,
            sampled: random.chance(0.7) ? sampled(&random) : nil,
            history: random.chance(0.7) ? history(&random) : nil)
    }

    static func history(_ random: inout Randomness) -> History {
        func bytes(_ random: inout Randomness) -> ByteCount {
            random.chance(0.2) ? number(&random) : .mebibytes(Int(random.number(0...100)))
        }
        return History(
            series: [1, 60, 3600, random.pick([0, -1, .max])].map { step in
                History.Series(
                    step: step,
                    moments: (0..<random.number(0...70)).map { place in
                        guard random.chance(0.9) else { return nil }
                        return History.Moment(
                            age: random.chance(0.9)
                                ? Double(step) * (70 - Double(place)) : random.pick([.nan, -1, .infinity, 1e300]),
                            live: bytes(&random), lowestLive: random.chance(0.5) ? 0 : nil,
                            highestLive: random.chance(0.5) ? number(&random) : nil,
                            liveBlocks: number(&random).rawValue,
                            rss: random.chance(0.8) ? History.Resident(bytes(&random), lowest: 0) : nil)
                    })
            })
    }

    static func sampled(_ random: inout Randomness) -> SampledHeap {
        func samples(_ random: inout Randomness) -> [HeapSample] {
            (0..<random.number(0...20)).map { _ in
                HeapSample(
                    address: Address(address(&random)),
                    bytes: random.chance(0.5) ? number(&random) : ByteCount(Int(random.number(0...9000))),
                    born: random.next(), freed: random.chance(0.5) ? random.next() : nil,
                    thread: number(&random).rawValue,
                    stack: random.chance(0.8) ? random.pick([0, 1, 2, -1, .max]) : nil,
                    tag: random.chance(0.5) ? number(&random).rawValue : nil,
                    points: random.pick([1, 1, 2, 0, -1, .max]))
            }
        }
        return SampledHeap(
            mean: random.pick([0, 1, -5, 512, .max, .min]), live: samples(&random), left: samples(&random),
            mappings: areas(4, &random).map { SampledMapping(range: $0, stack: random.pick([0, 1, -1, .max])) },
            stacks: [SampledStack(frames: []), SampledStack(frames: [Frame()])], tags: ["t"], readAt: random.next(),
            dropped: number(&random).rawValue)
    }

    static func interior(_ random: inout Randomness) -> HeapInterior {
        let arenas = (0..<random.number(0...4)).map { _ in
            HeapInterior.Arena(
                isMain: random.chance(0.3), heaps: areas(4, &random), top: random.chance(0.7) ? area(&random) : nil)
        }
        return HeapInterior(
            arenas: arenas, cached: areas(6, &random), freeChunksAtPageStart: areas(6, &random).map(\.end))
    }

    static func growth(_ random: inout Randomness) -> Growth? {
        let seconds = random.pick([0, 5, .infinity, .nan, -1, 1e300])
        return Growth(
            seconds: seconds, liveAtStart: number(&random), liveAtEnd: number(&random),
            liveBeforeLastQuarter: random.chance(0.5) ? number(&random) : nil, everFell: random.chance(0.2))
    }
}
