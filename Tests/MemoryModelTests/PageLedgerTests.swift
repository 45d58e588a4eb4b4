import MemoryModel
import Testing

@Suite struct `Page ledger` {
    @Test func `runs cover the whole range and agree with look-ups one by one`() {
        var generator = SystemRandomNumberGenerator()
        let perSpan = PageLedger.granulesPerSpan
        for _ in 0..<50 {
            let keys = Set((0..<3).map { _ in UInt64.random(in: 10..<16, using: &generator) }).sorted()
            let spans = keys.map { key in
                PageLedger.Span(
                    key: key,
                    liveBytes: (0..<perSpan).map { _ in Bool.random(using: &generator) ? 0 : .random(in: 0...3) })
            }
            let ledger = PageLedger(spans: spans)
            let low = UInt64.random(in: 9 * UInt64(perSpan)..<17 * UInt64(perSpan), using: &generator)
            let high = low + UInt64.random(in: 0..<UInt64(3 * perSpan), using: &generator)
            var position = low
            var previous = -1
            ledger.forEachRun(in: low..<high) { run, liveBytes in
                #expect(run.lowerBound == position)
                #expect(liveBytes != previous, "runs are maximal")
                #expect(run.allSatisfy { ledger[Granule($0)] == liveBytes })
                previous = liveBytes
                position = run.upperBound
            }
            #expect(position == high)
        }
    }

    @Test func `a granule outside every span has no live byte`() {
        #expect(PageLedger(spans: [])[Granule(7)] == 0)
    }
}
