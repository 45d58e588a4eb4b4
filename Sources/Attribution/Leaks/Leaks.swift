import MemoryModel

/// A group that is named, as long as it is not known whether it is among those asked for.
struct NamedLeak {
    var evidence: LeakEvidence
    var word: LeakGroup.Word
    var group: () -> LeakGroup
}

extension SampledBlocks {
    /// The code whose memory grows; `nil` where the shim kept no history.
    func leaks(_ snapshot: Snapshot, limit: Int) -> LeakReport? {
        guard let history = heap.history else { return nil }
        let seen = SeenTime(history)
        var report = LeakReport(
            seconds: seen.seconds, growthSeconds: seen.age(ofEnd: seen.middle),
            leastSeconds: Double(SeenTime.leastIntervals) * seen.intervalSeconds)
        guard seen.intervals >= SeenTime.leastIntervals else { return report }
        report.leastSeconds = min(report.leastSeconds, seen.seconds)
        let table = SiteTable(heap.stacks)
        let judged =
            siteLeaks(.blocks, history, seen, table) + siteLeaks(.mappings, history, seen, table)
            + threadLeaks(history, seen, snapshot)
        let named = judged.compactMap { $0 }.sorted {
            // Equal ones in their order, so that two readings of one state print alike.
            $0.word == $1.word ? $0.evidence.surely > $1.evidence.surely : $0.word == .growing
        }
        report.judged = judged.count
        report.groupCount = named.count
        report.groups = named.prefix(max(limit, 0)).map { $0.group() }
        return report
    }

    /// By site; an element for each that was judged.
    private func siteLeaks(
        _ kind: StackHistory.Kind, _ history: SampledHistory, _ seen: SeenTime, _ table: SiteTable
    ) -> [NamedLeak?] {
        var sites: [Int: SiteTally] = [:]
        for stack in history.sites where stack.kind == kind {
            guard let index = stack.stack, heap.stacks.indices.contains(index), let site = table.site(ofStack: index)
            else { continue }
            sites[site, default: SiteTally(seen)].add(stack)
        }
        switch kind {
        case .blocks:
            for sample in live {
                guard let site = sample.stack.flatMap(table.site) else { continue }
                sites[site]?.add(sample, age: age(sample.born), mean: heap.mean)
            }
        case .mappings:
            for mapping in heap.mappings where heap.stacks.indices.contains(mapping.stack) {
                guard let site = table.site(ofStack: mapping.stack) else { continue }
                sites[site]?.add(mapping)
            }
        case .threads: return []
        }
        return sites.sorted { $0.key < $1.key }.lazy.map(\.value).filter { $0.count > 0 }.map { tally in
            let evidence = tally.evidence(kind, mean: heap.mean)
            guard let word = evidence.word else { return nil }
            return NamedLeak(evidence: evidence, word: word) { tally.group(word, kind, evidence, table) }
        }
    }
}
