package import MemoryModel

/// What a run sees of its processes, for who keeps it. Times are `CLOCK_MONOTONIC`, in nanoseconds.
package enum RunEvent {
    /// A program image was seen for the first time. An exec makes another one.
    case began(process: Int, pid: Int, forkedFrom: Int?, nanoseconds: Int64)
    /// A process was found that does not carry the library. Looks are all that there will be of it.
    case beganUncovered(process: Int, pid: Int, parent: Int, command: [String], nanoseconds: Int64)
    /// A cheap look: RSS by the kernel's counter, and the live bytes of the books.
    case looked(process: Int, nanoseconds: Int64, rss: ByteCount, live: ByteCount)
    case read(process: Int, RunReading)
    /// What was read last is how it ended; of one that is uncovered nobody saw it.
    case ended(process: Int, ending: ProcessRun.Ending, highWater: ByteCount, nanoseconds: Int64)
    /// Something was not seen, whose identifier is ``Recording/degraded``'s.
    case missed(String)
    /// All processes have been looked at.
    case ticked(nanoseconds: Int64)
}

/// One reading of a process.
package struct RunReading {
    /// When it began: `CLOCK_MONOTONIC`.
    package var nanoseconds: Int64
    /// Without the samples.
    package var snapshot: Snapshot
    /// How the live heap moved since the first reading.
    package var growth: Growth?
    /// The name under which somebody wanted it.
    package var mark: String?
    /// What was to be proved to be leaked; without names.
    var proof: Result<PendingProof, ProofError>?
    private let names: PendingNames?

    init(
        nanoseconds: Int64, snapshot: Snapshot, growth: Growth?, names: PendingNames?
    ) {
        self.nanoseconds = nanoseconds
        self.snapshot = snapshot
        self.growth = growth
        self.names = names
    }

    /// Samples whose code has no names yet: some 100 bytes each, and descriptors.
    package var unnamedSamples: Int { names?.sampleCount ?? 0 }

    /// The snapshot with its samples. Finding the names of their code takes its time; the process may have ended.
    package func named() -> Snapshot {
        var named = snapshot
        named.heap?.sampled = names?.named()
        return named
    }

    /// What is leaked, with the names of its code; `nil` where that was not asked.
    package func proved() -> Result<UnreachableReport, ProofError>? { proof.map { $0.map { $0.named() } } }
}
