package import MemoryModel

/// Attributes every resident byte of a process to one cause, and says what to do about it.
///
/// The rows sum to the resident runs of the snapshot exactly.
///
/// - Parameters:
///   - growth: how the live heap moved, where the process was observed for a while.
///   - options: how the answers about code are put.
///   - leakLimit: the most groups of code whose memory grows.
package func attribute(
    _ snapshot: Snapshot, growth: Growth? = nil, sites options: SiteOptions = SiteOptions(), leakLimit: Int = 3
) -> Report {
    let witness = snapshot.heap
    let partition = Partition(snapshot)
    let blocks = witness?.sampled.map(SampledBlocks.init)
    let sweep = Sweep(partition, residency: snapshot.residency, witness: witness, probing: blocks?.granules ?? [])
    var all = Residency(snapshot.residency)
    let pages = all.count(in: 0..<endOfUserSpace)
    let rss = ByteCount(pages.resident * granuleBytes)
    let owners = sweep.owners.owners(witness?.ownMappings ?? [])
    let rows = sweep.ledger.rows(owners: owners)
    let heap = heapReport(sweep, partition, snapshot)
    // They are glibc's.
    let tunables = witness.flatMap { $0.isGlibc ? $0.tunables : nil }
    let earlier = witness?.history?.plausible
    let history = earlier?.adding(live: heap.live, liveBlocks: heap.liveBlocks, rss: rss).plausible
    var evidence = Evidence(
        rss: rss, rows: rows, heap: heap, hasWitness: witness != nil, threads: snapshot.process.threads,
        tunables: tunables, growth: growth, trend: history?.trend(peak: snapshot.process.highWater ?? 0))
    if let witness, blocks != nil || !witness.leavesOutSamples {
        let totals = SiteTotals(
            live: heap.live, fragmented: evidence.bytes(.heapFragmented),
            left: evidence.bytes(.heapRetained) + evidence.bytes(.heapKept))
        let isUnread = snapshot.degraded.contains("samples-unreadable")
        evidence.sites =
            blocks?.report(sweep, witness, totals, options: options)
            ?? SiteReport(degraded: isUnread ? [] : ["sampling-off"])
    }
    return Report(
        process: snapshot.process,
        allocator: witness?.allocator ?? "unknown",
        coverage: coverage(snapshot),
        rss: rss,
        swap: ByteCount(pages.swapped * granuleBytes),
        ledger: rows,
        heap: heap,
        managed: Managed(rss: rss, history: earlier),
        verdict: evidence.verdict,
        tunables: tunables,
        reading: snapshot.reading,
        sites: evidence.sites,
        leaks: blocks?.leaks(snapshot, limit: leakLimit),
        history: history,
        trend: evidence.trend)
}

/// A heap without a witness is never complete, whatever the snapshot says.
private func coverage(_ snapshot: Snapshot) -> Coverage {
    guard snapshot.heap == nil else { return Coverage(source: "shim", degraded: snapshot.degraded) }
    return Coverage(source: "none", degraded: snapshot.degraded.isEmpty ? ["segment-missing"] : snapshot.degraded)
}

private func heapReport(_ sweep: Sweep, _ partition: Partition, _ snapshot: Snapshot) -> HeapReport {
    var report = HeapReport()
    guard let witness = snapshot.heap else { return report }
    report.live = witness.liveBytes
    report.liveBlocks = witness.liveBlocks
    report.untouched = ByteCount(sweep.untouched)
    report.freeRuns = sweep.freeRuns.runs
    guard witness.isGlibc else { return report }
    let secondary = sweep.arenas.dropFirst().sorted { $0.resident > $1.resident }
    report.arenas = sweep.arenas.prefix(1) + secondary
    report.predictedTrim = ByteCount(sweep.trim.predicted)
    report.predictedTrimRange = sweep.trim.range(
        heaps: partition.heaps.heaps.count,
        resident: sweep.arenas.reduce(0) { $0 + $1.resident.rawValue },
        moved: snapshot.reading.moved,
        threadsWithUnknownCaches: witness.interior == nil ? snapshot.process.threads : 0)
    return report
}
