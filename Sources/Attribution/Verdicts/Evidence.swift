import MemoryModel

/// What the verdict is reached from: the ledger, and what is known beside it.
struct Evidence {
    var rss: ByteCount
    var rows: [LedgerRow]
    var heap: HeapReport
    var hasWitness: Bool
    var threads: Int
    var tunables: Tunables?
    var growth: Growth?
    var trend: Trend?
    var sites: SiteReport?

    func row(_ cause: Cause) -> LedgerRow {
        rows.first { $0.cause == cause } ?? LedgerRow(cause: cause, bytes: 0)
    }

    func bytes(_ cause: Cause) -> ByteCount { row(cause).bytes }

    /// `retained + kept + fragmented`: resident, and of no use to the program.
    var waste: ByteCount { bytes(.heapRetained) + bytes(.heapKept) + bytes(.heapFragmented) }

    /// What the heaps of secondary arenas keep.
    var keptBySecondaryArenas: ByteCount {
        heap.arenas.lazy.filter { !$0.isMain }.reduce(0) { $0 + $1.kept }
    }

    /// Whether trimming is worth it.
    var trimReturnsSomething: Bool { heap.predictedTrim.share(of: rss) >= Thresholds.trimShare }

    /// `1.20 GiB (37 % of RSS)`.
    func withShare(_ bytes: ByteCount) -> String {
        "\(bytes.text) (\((bytes.share(of: rss) * 100).fixed(0)) % of RSS)"
    }

    /// A verdict on so many bytes.
    func verdict(
        _ kind: Verdict.Kind, _ bytes: ByteCount, _ summary: String, _ remedies: [Verdict.Remedy]
    ) -> Verdict {
        // Live heap may lie outside of RSS, so growth can exceed it.
        let share = min(bytes.share(of: rss), 1)
        return Verdict(kind: kind, bytes: bytes, share: share, summary: summary, remedies: remedies)
    }
}
