import MemoryModel

/// `leak`: live heap that only grew. Only an observation can show it.
extension Evidence {
    /// `nil` where nothing was observed, or what was observed is no leak.
    var leakVerdict: Verdict? {
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
        return verdict(
            .leak, grown,
            "The live heap grew by \(grown.text) in \(seconds) s and nothing came back: a leak, or a cache without a "
                + "bound; a single reading cannot tell the two apart.",
            [
                Verdict.Remedy(
                    kind: .now, action: "Do not bother to trim: what is live cannot be returned.", predicted: 0),
                Verdict.Remedy(
                    kind: .lasting,
                    action: "Find what allocates it and free it, or give the cache a bound.", predicted: nil),
            ])
    }
}
