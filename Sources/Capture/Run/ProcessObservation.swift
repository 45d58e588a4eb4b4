package import MemoryModel

/// One process of a run, as it was seen from its first reading to its last.
package struct ProcessObservation: Sendable {
    /// As silt sees it.
    package var pid: Int
    /// The process that it was forked from, where that is known.
    package var forkedFrom: Int?
    /// When its books began, in nanoseconds since boot.
    package var startNanoseconds: UInt64
    /// The periodic reading with the highest RSS; the last one where there is no other.
    package var peak: Snapshot
    package var last: Snapshot
    /// How the live heap moved from the first reading to the peak; `nil` where they are one.
    package var growthToPeak: Growth?
    /// The same to the last reading, which many programs make after they have freed all that they held.
    package var growthToLast: Growth?
    package var ending: ProcessRun.Ending
    /// The kernel's high-water mark, as far as it was seen.
    package var highWater: ByteCount
    /// What of it is leaked, where that was to be proved at its end.
    package var proof: Result<UnreachableReport, ProofError>?
}

extension Snapshot {
    /// What is resident: RSS.
    var resident: ByteCount {
        residency.lazy.filter { $0.state != .swapped }.reduce(0) { $0 + $1.range.count }
    }
}
