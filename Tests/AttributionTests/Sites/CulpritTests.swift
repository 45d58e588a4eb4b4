import Attribution
import MemoryModel
import Testing

@Suite struct `A verdict on code` {
    /// 4096 pages, each pinned by 96 bytes of one of two sites, the first with `share` of 8.
    static func pinned(share: Int) -> Report {
        let live = (0..<4096).map { page in
            HeapSample(address: Address(UInt64(1000 + page) * 4096), bytes: 96, stack: page % 8 < share ? 0 : 1)
        }
        let ledger = PageLedger(Dictionary(uniqueKeysWithValues: (0..<4096).map { (UInt64(1000 + $0), 96) }))
        return report(ledger, SampledHeap(mean: 1, live: live))
    }

    static func report(_ ledger: PageLedger, _ sampled: SampledHeap, growth: Growth? = nil) -> Report {
        var sampled = sampled
        sampled.readAt = 100_000_000_000
        sampled.stacks = [
            SampledStack(frames: [Frame(function: "cache::put(int)", file: "/src/cache.cc", line: 7)]),
            SampledStack(frames: [Frame(module: "/lib/x.so", offset: 16)]),
        ]
        let witness = HeapWitness(liveBlocks: 4096, ledger: ledger, sampled: sampled)
        return attribute(Snapshot([line(1000, 5096, "[heap]")], [anonymous(1000, 5096)], witness), growth: growth)
    }

    @Test(arguments: [(5, "cache::put (cache.cc:7)"), (3, "x.so+0x10"), (4, nil)])
    func `names the site that pins more than half`(share: Int, name: String?) {
        let summary = Self.pinned(share: share).verdict.summary
        #expect(summary.contains("240 KiB live from \(name ?? "") pin about 9.77 MiB of them.") == (name != nil))
        #expect(summary.hasSuffix("hold 384 KiB.") == (name == nil))
    }

    @Test func `names the site that left more than half, and when it was freed`() {
        let left = (0..<4000).map { page in
            HeapSample(
                address: Address(UInt64(1000 + page) * 4096), bytes: 4096, freed: 60_000_000_000,
                stack: page < 3000 ? 0 : 1)
        }
        let summary = Self.report(PageLedger([:]), SampledHeap(mean: 1, left: left)).verdict.summary
        #expect(summary.hasSuffix("were allocated by cache::put (cache.cc:7) and freed 40 s ago."))
    }

    @Test(arguments: [(3000, true), (1500, false)])
    func `names the site that holds more than half of what grew`(pages: Int, isNamed: Bool) {
        let live = (0..<4096).map { page in
            HeapSample(address: Address(UInt64(1000 + page) * 4096), bytes: 4096, stack: page < pages ? 0 : nil)
        }
        let ledger = PageLedger(Dictionary(uniqueKeysWithValues: (0..<4096).map { (UInt64(1000 + $0), 4096) }))
        let growth = Growth(seconds: 60, liveAtStart: 0, liveAtEnd: .mebibytes(16), everFell: false)
        let report = Self.report(ledger, SampledHeap(mean: 1, live: live), growth: growth)
        #expect(report.verdict.kind == .leak)
        let named = report.verdict.summary.hasSuffix(" About 11.7 MiB of it were allocated by cache::put (cache.cc:7).")
        #expect(named == isNamed, "\(report.verdict.summary)")
    }
}
