import MemoryModel
import Testing

@testable import Capture

@Suite struct `What of a range lies outside others` {
    static func range(_ start: UInt64, _ end: UInt64) -> AddressRange {
        AddressRange(start: Address(start), end: Address(end))
    }

    @Test func `agrees with a look at each address`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let edges = Set((0..<6).map { _ in UInt64.random(in: 0..<40, using: &generator) }).sorted()
            let others = stride(from: 0, to: edges.count - 1, by: 2).map { Self.range(edges[$0], edges[$0 + 1]) }
            let start = UInt64.random(in: 0..<40, using: &generator)
            let whole = Self.range(start, start + .random(in: 0..<20, using: &generator))
            let parts = whole.parts(outside: others)
            for address in (0..<60).map({ Address($0) }) {
                let expected = whole.contains(address) && !others.contains { $0.contains(address) }
                #expect(parts.contains { $0.contains(address) } == expected)
            }
            #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.end <= $1.start })
        }
    }
}
