import MemoryModel

/// A program that is looked at once a second, as the shim would.
struct HistoryModel: Sendable {
    /// Live MiB and RSS in MiB, by the seconds since it began.
    var figures: @Sendable (Double) -> (live: Double, rss: Double)
    /// Whether the program does anything in a second that the shim could see.
    var isSeen: @Sendable (Int) -> Bool = { _ in true }

    /// The history when it is read after `seconds` (whole ones), without the reading itself.
    func history(after seconds: Int) -> History {
        History(
            series: [(1, 60), (60, 60), (3_600, 48)].map { step, places in
                var moments = [History.Moment?](repeating: nil, count: places)
                for place in 0..<places {
                    let bucket = seconds / step - (places - 1 - place)
                    let looks = (bucket * step..<(bucket + 1) * step).filter { $0 > 0 && $0 < seconds && isSeen($0) }
                    guard let last = looks.last else { continue }
                    let seen = looks.map { figures(Double($0)) }
                    moments[place] = History.Moment(
                        age: Double(seconds - last), span: Double(last - looks[0]), live: mebibytes(seen.last!.live),
                        lowestLive: mebibytes(seen.map(\.live).min()!), highestLive: mebibytes(seen.map(\.live).max()!),
                        liveBlocks: 1,
                        rss: History.Resident(
                            mebibytes(seen.last!.rss), lowest: mebibytes(seen.map(\.rss).min()!),
                            highest: mebibytes(seen.map(\.rss).max()!)))
                }
                return History.Series(step: step, moments: moments)
            })
    }

    /// The process when it is read: live blocks are whole pages at the start of a brk heap, the rest of RSS is free heap
    /// behind them.
    func snapshot(after seconds: Int) -> Snapshot {
        let now = figures(Double(seconds))
        let live = UInt64(now.live * 256)
        var snapshot = Verdicts.brkHeap(
            pages: Int(now.rss * 256),
            live: Dictionary(uniqueKeysWithValues: (0..<live).map { ($0, 4096) }))
        snapshot.heap?.history = history(after: seconds)
        return snapshot
    }

    private func mebibytes(_ value: Double) -> ByteCount { ByteCount(Int(value * 1_048_576)) }
}
