import MemoryModel

/// Threads that are never joined, or never end: by the function that they were started with.
///
/// Of a thread that has ended nothing is known but that there was one, and that only where it had allocated. So a group is
/// what runs now, by when it was started: at least so many ran at each time. Where threads come and go, those that run now
/// are all young, and few steps rise.
extension SampledBlocks {
    func threadLeaks(_ history: SampledHistory, _ seen: SeenTime, _ snapshot: Snapshot) -> [NamedLeak?] {
        var groups: [ThreadStart: ThreadTally] = [:]
        var all = GroupTrend(seen)
        for thread in history.runningThreads {
            groups[ThreadStart(thread.start), default: ThreadTally(seen)].add(thread)
            all.add(oneOfAge: thread.ageSeconds)
        }
        let known = history.threads?.levels ?? []
        // How many there were, the main one apart: as many as still run, or as allocated.
        let middle = seen.middle
        let then = max(all.level(at: middle), middle > 0 && middle <= known.count ? known[middle - 1] - 1 : 0)
        let gained = all.live - then
        return groups.sorted { $0.key < $1.key }.map { _, tally in
            let evidence = tally.evidence
            // Where others ended meanwhile, these took their place.
            guard let word = evidence.word, 2 * gained >= evidence.trend.growth(since: middle) else { return nil }
            return NamedLeak(evidence: evidence, word: word) { tally.group(word, evidence, snapshot) }
        }
    }
}

/// What makes two threads of one kind.
private struct ThreadStart: Hashable, Comparable {
    private var parts: [String]

    init(_ frame: Frame?) {
        let names = [frame?.function ?? "", frame?.module ?? "", frame?.function == "" ? "\(frame?.offset ?? 0)" : ""]
        parts = names.map { String(decoding: $0.utf8.prefix(4096), as: UTF8.self) }
    }

    static func < (left: ThreadStart, right: ThreadStart) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }
}

private struct ThreadTally {
    private var trend: GroupTrend
    private var threads: [RunningThread] = []

    init(_ seen: SeenTime) { trend = GroupTrend(seen) }

    mutating func add(_ thread: RunningThread) {
        trend.add(oneOfAge: thread.ageSeconds)
        threads.append(thread)
    }

    var evidence: LeakEvidence { LeakEvidence(trend: trend, survival: 0, samplingVariance: { _ in 0 }) }

    func group(_ word: LeakGroup.Word, _ evidence: LeakEvidence, _ snapshot: Snapshot) -> LeakGroup {
        LeakGroup(
            word: word, kind: .threads, frames: threads.first?.start.map { [$0] } ?? [],
            bytes: Estimate(residentStackBytes(snapshot)), growth: evidence.growth, score: evidence.score,
            oldestSeconds: threads.map(\.ageSeconds).max(), count: threads.count)
    }

    /// Of the lines of maps that hold their thread pointers, below those: a stack ends where the descriptor begins, and
    /// begins behind a guard, which is a line of its own.
    private func residentStackBytes(_ snapshot: Snapshot) -> Int {
        var residency = Residency(snapshot.residency)
        var lines = snapshot.mappings[...]
        var granules = 0
        var counted: UInt64 = 0
        for pointer in threads.compactMap(\.threadPointer).sorted() {
            lines = lines.drop { $0.range.end <= pointer }
            guard let line = lines.first, line.range.contains(pointer) else { continue }
            let top = (pointer + ByteCount(Int(StackFinder.descriptorBytes))).alignedUp(to: Granule.bytes).granule.index
            let bottom = max(line.range.granules.lowerBound, counted)
            guard bottom < top else { continue }
            granules += residency.count(in: bottom..<top).resident
            counted = top
        }
        return granules * granuleBytes
    }
}
