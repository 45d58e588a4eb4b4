import MemoryModel
import TestSupport
import Testing

@testable import Attribution

@Suite struct `A profile` {
    /// Pages 100 to 109 are heap; all but page 102 are resident.
    private func snapshot(live: [UInt64: Int], _ sampled: SampledHeap) -> Snapshot {
        let heap = HeapWitness(ledger: PageLedger(live), sampled: sampled)
        return Snapshot([line(100, 110, "[heap]")], [anonymous(100, 102), anonymous(103, 110)], heap)
    }

    private func stacks(_ names: String...) -> [SampledStack] {
        names.map { SampledStack(frames: [Frame(function: $0)]) }
    }

    /// - Parameter byte: Counted from page 100 on.
    private func sample(
        at byte: UInt64, _ bytes: Int, stack: Int? = nil, tag: Int? = nil, points: Int = 1
    ) -> HeapSample {
        HeapSample(
            address: Address(100 * 4096 + byte), bytes: ByteCount(bytes), stack: stack, tag: tag, points: points)
    }

    private func names(_ profile: Profile) -> [String?] { profile.samples.map(\.frames.first?.function) }

    @Test func `without samples is none`() {
        #expect(Snapshot([], [], nil).profile() == nil)
        #expect(Snapshot([], [], HeapWitness()).profile() == nil)
        #expect(Snapshot([], [], HeapWitness(sampled: SampledHeap())).profile()?.samples == [])
    }

    /// One block of 96 bytes on page 100 beside 32 of another, and one that reaches over pages 101 and 102.
    @Test func `counts blocks, bytes, resident bytes, and the free bytes that they pin`() throws {
        let profile = try #require(
            snapshot(
                live: [100: 128, 101: 96, 102: 4],
                SampledHeap(
                    mean: 1,
                    live: [
                        sample(at: 0, 96, stack: 0), sample(at: 96, 32, stack: 1),
                        sample(at: 2 * 4096 - 96, 100, stack: 2),
                    ],
                    stacks: stacks("one", "two", "three"))
            ).profile(time: 5))
        #expect(profile.time == 5 && profile.mean == 1 && profile.sampleCount == 3)
        #expect(names(profile) == ["three", "one", "two"])
        let free = 4096.0 - 128
        let expected: [Profile.Values] = [
            Profile.Values([.objects: 1, .space: 100, .residentSpace: 96, .pinnedSpace: 4000]),
            Profile.Values([.objects: 1, .space: 96, .residentSpace: 96, .pinnedSpace: free * 0.75]),
            Profile.Values([.objects: 1, .space: 32, .residentSpace: 32, .pinnedSpace: free * 0.25]),
        ]
        #expect(profile.samples.map(\.values) == expected)
    }

    @Test func `counts what was left only on resident pages without a live byte`() throws {
        let profile = try #require(
            snapshot(
                live: [100: 16],
                SampledHeap(
                    mean: 1,
                    left: [
                        sample(at: 9 * 4096 + 7, 1000, stack: 0), sample(at: 8 * 4096, 9000, stack: 0, points: 3),
                        // Beside a live block; not resident; outside of everything.
                        sample(at: 64, 500, stack: 1), sample(at: 2 * 4096, 500, stack: 1),
                        sample(at: 1 << 40, 500, stack: 1),
                    ],
                    stacks: stacks("left", "gone"))
            ).profile())
        #expect(names(profile) == ["left"])
        #expect(profile.samples[0].values == Profile.Values([.retainedSpace: 4000]))
    }

    @Test func `keeps stacks and tags apart, the largest first`() throws {
        let live = [
            sample(at: 0, 16, stack: 0, tag: 0), sample(at: 16, 16, stack: 0, tag: 1),
            sample(at: 32, 48, stack: 0, tag: 1), sample(at: 96, 16, stack: 0), sample(at: 128, 16),
        ]
        let sampled = SampledHeap(mean: 1, live: live, stacks: stacks("one"), tags: ["a", "b"])
        let profile = try #require(snapshot(live: [100: 112], sampled).profile())
        #expect(profile.samples.map(\.tag) == ["b", nil, nil, "a"])
        #expect(profile.samples.map(\.frames.count) == [1, 0, 1, 1])
        #expect(profile.samples[0].values[.space] == 64 && profile.samples[0].values[.objects] == 2)
    }

    /// 1 / (1 - exp(-bytes / mean)), from Python's math.expm1.
    @Test(arguments: [(48, 1, 1.0), (48, 512 << 10, 10923.166674296081), (128, 128, 1.5819767068693265)])
    func `counts a sample for the blocks that it stands for`(bytes: Int, mean: Int, weight: Double) throws {
        let sampled = SampledHeap(mean: mean, live: [sample(at: 0, bytes)], left: [sample(at: 5 * 4096, bytes)])
        let values = try #require(snapshot(live: [100: bytes], sampled).profile()).samples[0].values
        #expect(abs(values[.objects] / weight - 1) < 1e-12)
        #expect(abs(values[.space] / (weight * Double(bytes)) - 1) < 1e-12)
        #expect(abs(values[.residentSpace] / (weight * Double(bytes)) - 1) < 1e-12)
        #expect(abs(values[.retainedSpace] / (weight * Double(bytes)) - 1) < 1e-12)
        #expect(abs(values[.pinnedSpace] / (weight * Double(4096 - bytes)) - 1) < 1e-12)
    }

    /// Where every block is sampled the estimates are no estimates: they are two rows of the ledger.
    @Test(arguments: 1...20)
    func `adds up to the ledger where every allocation is a sample`(seed: Int) throws {
        var random = Randomness(seed: seed)
        var live: [UInt64: Int] = [:]
        var samples: [HeapSample] = []
        var address: UInt64 = 0
        while address < 99 * 4096 {
            let bytes = 16 * UInt64.random(in: 2...(Bool.random(using: &random) ? 20 : 700), using: &random)
            let end = min(address + bytes, 99 * 4096)
            if Int.random(in: 0..<3, using: &random) == 0 {
                samples.append(sample(at: address, Int(end - address), stack: Int.random(in: 0..<3, using: &random)))
                for byte in stride(from: address, to: end, by: 16) { live[100 + byte / 4096, default: 0] += 16 }
            }
            address = end
        }
        let resident = (100..<199).filter { _ in Bool.random(using: &random) }.map { anonymous($0, $0 + 1) }
        let sampled = SampledHeap(mean: 1, live: samples.shuffled(using: &random), stacks: stacks("a", "b", "c"))
        let snapshot = Snapshot(
            [line(100, 199, "[heap]")], resident, HeapWitness(ledger: PageLedger(live), sampled: sampled))
        let rows = attribute(snapshot).rows
        let total = try #require(snapshot.profile()).total
        #expect(total.rounded(.residentSpace) == rows[.heapLive]?.rawValue ?? 0)
        #expect(total.rounded(.pinnedSpace) == rows[.heapFragmented]?.rawValue ?? 0)
        #expect(total.rounded(.objects) == samples.count)
        #expect(total[.space] == Double(samples.reduce(0) { $0 + $1.bytes.rawValue }))
    }

    @Test func `names the program's module first, with what is known of each`() throws {
        let frames = ["/lib/b.so", "/bin/program", "/lib/a.so", ""].map { Frame(function: "f", module: $0, offset: 1) }
        var lines = [line(10, 11, "/bin/program"), line(20, 21, "/lib/a.so"), line(100, 110, "[heap]")]
        for index in 0..<2 { lines[index].inode = 7 }
        let sampled = SampledHeap(
            mean: 1, live: [HeapSample(address: Address(100 * 4096), bytes: 32, stack: 0)],
            stacks: [SampledStack(frames: frames)], buildIDs: ["/lib/a.so": "0badcafe", "/lib/c.so": "00"])
        let profile = Snapshot(lines, [], HeapWitness(sampled: sampled)).profile()
        #expect(profile?.modules.map(\.path) == ["/bin/program", "/lib/a.so", "/lib/b.so"])
        #expect(profile?.modules.map(\.buildID) == ["", "0badcafe", ""])
    }

    /// A snapshot may come from a file, and a segment from a hostile process.
    @Test func `of damaged samples is no worse than they are`() throws {
        let absurd = [0, 4096, .max / 4096 * 4096, .max] as [UInt64]
        let samples = absurd.flatMap { address in
            [-1, 0, 1, 4096, .max].flatMap { bytes in
                [-1, 0, 1, Int.max].map { index in
                    HeapSample(
                        address: Address(address), bytes: ByteCount(bytes), stack: index, tag: index, points: index)
                }
            }
        }
        let heap = HeapWitness(
            ledger: PageLedger([1: 5000, 2: 1]), blocks: [range(3, 9), range(5, 7)],
            sampled: SampledHeap(mean: -3, live: samples, left: samples, stacks: stacks("one"), tags: ["a"]))
        let profile = try #require(Snapshot([line(0, 9)], [anonymous(0, 9), anonymous(2, 3)], heap).profile())
        for sample in profile.samples {
            for quantity in Profile.Quantity.allCases {
                #expect(sample.values[quantity].isFinite && sample.values[quantity] >= 0)
                #expect(sample.values.rounded(quantity) <= 1 << 53)
            }
        }
    }
}
