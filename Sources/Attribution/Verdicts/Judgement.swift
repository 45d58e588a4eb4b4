import MemoryModel

/// Which verdict: the first question that is answered with yes.
///
/// Waste comes before growth, as it can be helped without a change to the program, and growth before the mere size of
/// something, as a size is no fault.
extension Evidence {
    var verdict: Verdict {
        guard hasWitness else { return unknownVerdict }
        return wasteVerdict ?? leakVerdict ?? principalVerdict ?? healthyVerdict
    }

    /// What most of the free heap is, where there is enough of it.
    private var wasteVerdict: Verdict? {
        guard waste >= Thresholds.wasteBytes, waste.share(of: rss) >= Thresholds.wasteShare else { return nil }
        let retained = bytes(.heapRetained)
        let fragmented = bytes(.heapFragmented)
        let kept = keptBySecondaryArenas
        let largest = max(retained, fragmented, kept)
        // Pages that the main arena keeps belong to none of the three.
        guard largest > 0 else { return nil }
        if retained == largest { return retentionVerdict }
        return fragmented == largest ? fragmentationVerdict : arenaTopsVerdict
    }

    /// Memory outside of the heap that is most of RSS.
    private var principalVerdict: Verdict? {
        let largest = max(bytes(.mappings), bytes(.stacks), bytes(.shared))
        guard largest >= Thresholds.principalBytes, largest.share(of: rss) >= Thresholds.principalShare else {
            return nil
        }
        if bytes(.mappings) == largest { return mappingsVerdict }
        return bytes(.stacks) == largest ? stacksVerdict : sharedVerdict
    }
}
