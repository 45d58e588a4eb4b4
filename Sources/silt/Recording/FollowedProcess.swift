import Capture
import MemoryModel

/// What a recorder holds of a process that it is not done with.
struct FollowedProcess {
    /// In the recording.
    let index: Int
    var hasEnded = false
    /// Points that are not in the file yet.
    var unwritten: [LedgerSeries.Point] = []
    /// Of the last reading, without the code behind it.
    private(set) var latestReport: MemoryModel.Report?

    private var highest: [RecordedMoment.Kind: ByteCount] = [:]
    /// Readings that are not written down yet.
    private var unwrittenReadings: [RecordedMoment.Kind: RunReading] = [:]

    private var marks: [String: Int] = [:]

    init(index: Int) { self.index = index }

    /// Which of this name a new mark is, from 1.
    mutating func number(ofMark name: String) -> Int {
        marks[name, default: 0] += 1
        return marks[name]!
    }

    /// A mark counts as any reading: the highest may be there.
    mutating func take(_ reading: RunReading, _ report: MemoryModel.Report) {
        latestReport = report
        unwrittenReadings[.end] = reading
        let free = [Cause.heapFragmented, .heapRetained, .heapKept].reduce(0) { $0 + report.bytes($1) }
        for (kind, bytes) in [(RecordedMoment.Kind.peak, report.rss), (.fragmentation, free)] {
            guard highest[kind].map({ bytes > $0 }) ?? true else { continue }
            highest[kind] = bytes
            unwrittenReadings[kind] = reading
        }
    }

    /// The reading of a moment that is not written down yet; it is no longer held here.
    mutating func letGo(of kind: RecordedMoment.Kind) -> RunReading? { unwrittenReadings.removeValue(forKey: kind) }

    /// What has ended is settled first.
    var rank: Int { hasEnded ? 0 : 1 }

    /// All readings that are held, some of them more than once.
    var readings: [RunReading] { Array(unwrittenReadings.values) }
}
