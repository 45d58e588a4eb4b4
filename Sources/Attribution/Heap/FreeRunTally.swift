import MemoryModel

/// Free bytes of the heaps by the length of the free run, resident or not: what a large request could be served from.
struct FreeRunTally {
    private static let limits: [Int] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20]

    private var bytes = Array(repeating: 0, count: limits.count + 1)

    /// A maximal run of granules without a live byte.
    mutating func add(run granules: Int) {
        let length = granules * granuleBytes
        bytes[Self.limits.firstIndex { length <= $0 } ?? Self.limits.count] += length
    }

    /// Free bytes beside live ones: shorter than a granule.
    mutating func add(fragments count: Int) { bytes[0] += count }

    var runs: [HeapReport.FreeRuns] {
        let limits = Self.limits.map { ByteCount($0) } + [nil]
        return zip(limits, bytes).map { HeapReport.FreeRuns(upTo: $0, bytes: ByteCount($1)) }
    }
}
