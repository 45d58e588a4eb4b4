import MemoryModel

/// What the history adds to a verdict on free heap: whether it stays, and whether there is growth besides.
extension Evidence {
    /// ` The live heap has been flat for 46 min, RSS has been flat for 44 min, at its peak.`, or nothing.
    var courseSentence: String {
        guard let trend else { return "" }
        if trend.live.course == .growing { return " The live heap \(trend.live.text) besides." }
        guard let rss = trend.rss, rss.course == .flat, trend.isAtPeak else { return "" }
        return " The live heap \(trend.live.text), RSS \(rss.text), at its peak."
    }
}
