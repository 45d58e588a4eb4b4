import Attribution
import MemoryModel
import TestSupport
import Testing

@Suite struct `Partition` {
    @Test(arguments: 0..<800) func `equals a model that asks of every page by itself`(seed: Int) {
        var random = Randomness(seed: seed)
        let model = PartitionModel(&random)
        let report = attribute(model.snapshot)
        let rows = model.rows()
        #expect(report.rows == rows.resident)
        #expect(report.swapRows == rows.swap)
        #expect(report.heap.untouched == rows.untouched)
        let owners = report.ledger.first { $0.cause == .mappings }?.owners ?? []
        #expect(Dictionary(uniqueKeysWithValues: owners.map { ($0.name, $0.bytes) }) == rows.owners)
        #expect(report.sum == report.rss)
        let resident = model.states.count { $0 == .anonymous || $0 == .file }
        #expect(report.rss == pages(resident))
    }

    @Test func `the random address spaces hold every cause`() {
        var seen: Set<Cause> = []
        for seed in 0..<50 {
            var random = Randomness(seed: seed)
            seen.formUnion(PartitionModel(&random).rows().resident.keys)
        }
        #expect(seen == Set(Cause.allCases))
    }
}
