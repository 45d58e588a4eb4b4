import MemoryModel

/// `leak`: live heap that only grew. Only an observation can show it: the history that the process keeps, or, where that is
/// too short, the readings of `silt run`.
extension Evidence {
    /// `nil` where nothing was observed, or what was observed is no leak.
    var leakVerdict: Verdict? { trend != nil ? trendVerdict : growthVerdict }

    private var trendVerdict: Verdict? {
        guard let trend, trend.live.course == .growing else { return nil }
        let live = trend.live
        let grown = min(live.change, heap.live)
        guard grown >= Thresholds.leakFloor,
            grown.share(of: heap.live) >= Thresholds.growthShare
                || (grown >= Thresholds.leakBytes && live.seconds >= trend.seconds / 2),
            bytes(.heapLive).share(of: rss) >= Thresholds.leakLiveShare
        else { return nil }
        return leakVerdict(
            grown,
            "The live heap \(live.text), to \(heap.live.text), and nothing came back: a leak, or a cache without a "
                + "bound.")
    }

    private var growthVerdict: Verdict? {
        guard let growth, !growth.everFell, growth.seconds >= Thresholds.leakSeconds else { return nil }
        let start = max(0, growth.liveAtStart.rawValue)
        let end = max(start, growth.liveAtEnd.rawValue)
        let grown = ByteCount(end - start)
        let recent = end - min(end, max(start, growth.liveBeforeLastQuarter.rawValue))
        guard recent >= grown.rawValue / Thresholds.leakRecentPart else { return nil }
        let doubled = Double(end) >= Thresholds.leakFactor * Double(start)
        guard grown >= Thresholds.leakBytes || (doubled && grown >= Thresholds.leakFloor) else { return nil }
        guard bytes(.heapLive).share(of: rss) >= Thresholds.leakLiveShare else { return nil }
        // A year at most, so that no observation is too long to print.
        let seconds = min(growth.seconds, 365 * 86_400).fixed(1)
        return leakVerdict(
            grown,
            "The live heap grew by \(grown.text) in \(seconds) s and nothing came back: a leak, or a cache without a "
                + "bound; a single reading cannot tell the two apart.")
    }

    private func leakVerdict(_ grown: ByteCount, _ summary: String) -> Verdict {
        verdict(
            .leak, grown, summary + holdsSentence,
            [
                Verdict.Remedy(
                    kind: .now, action: "Do not bother to trim: what is live cannot be returned.", predicted: 0),
                Verdict.Remedy(
                    kind: .lasting,
                    action: "Find what allocates it and free it, or give the cache a bound.", predicted: nil),
            ])
    }
}
