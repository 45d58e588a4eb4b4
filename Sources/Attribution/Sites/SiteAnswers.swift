import MemoryModel

/// What is known beside the samples: the exact figures that the answers explain.
struct SiteTotals {
    var live: ByteCount
    var fragmented: ByteCount
    /// Retained and kept.
    var left: ByteCount

    func spread(_ sweep: Sweep, mean: Int) -> PinnedSpread {
        PinnedSpread(squares: sweep.pinnedSquares, total: fragmented, mean: mean)
    }
}

extension SampledBlocks {
    /// The three answers, and who mapped the program's own mappings.
    func report(_ sweep: Sweep, _ witness: HeapWitness, _ totals: SiteTotals, options: SiteOptions) -> SiteReport {
        let table = SiteTable(heap.stacks)
        let probes = sweep.probes
        return SiteReport(
            mean: max(heap.mean, 1),
            holds: answer(.holds, holding(), of: totals.live, table, options),
            pins: answer(
                .pins, pinning(probes), of: totals.fragmented, table, options,
                spread: totals.spread(sweep, mean: heap.mean)),
            left: answer(.left, leaving(probes), of: totals.left, table, options),
            mappings: mapping(witness.ownMappings, resident: sweep.owners.bytes, table, limit: options.limit),
            dropped: heap.dropped, degraded: heap.degraded)
    }

    private func answer(
        _ question: SiteAnswer.Question, _ shares: [Share], of total: ByteCount, _ table: SiteTable,
        _ options: SiteOptions, spread: PinnedSpread? = nil
    ) -> SiteAnswer {
        var all = GroupTally()
        var withoutStack = GroupTally()
        var tallies: [GroupKey: GroupTally] = [:]
        for share in shares {
            all.add(share)
            if share.sample.stack == nil { withoutStack.add(share) }
            tallies[key(share.sample, by: options.grouping, table), default: GroupTally()].add(share)
        }
        let sorted = tallies.sorted { left, right in
            // Ages read as a histogram; equal ones by their key, so that two readings of one state print alike.
            if options.grouping == .age { return left.key < right.key }
            return (right.value.bytes.sum, left.key) < (left.value.bytes.sum, right.key)
        }
        let groups = sorted.prefix(max(options.limit, 0)).map { key, tally in
            tally.group(key, question: question, by: options.grouping, table, spread, age: age)
        }
        return SiteAnswer(
            question, by: options.grouping, total: total, estimate: all.bytes.estimate(least: spread?.error ?? 0),
            withoutStack: withoutStack.estimate(spread), samples: all.samples, groups: groups,
            groupCount: tallies.count)
    }
}
