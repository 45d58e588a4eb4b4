import JSONText
import MemoryModel

/// Which number of a point is what: the first line of a recording names the columns.
struct PointColumns {
    private enum Column {
        case seconds, rss, live
        /// The place of a cause among the rows.
        case row(Int)
    }

    private let columns: [Column]
    /// Whether there is a cause that this version does not know: it counts as unexplained.
    let hasLater: Bool
    /// A point of this many numbers is a cheap look.
    private static let cheap = 3

    init(_ names: [String]) {
        let unexplained = Cause.allCases.count - 1
        var hasLater = false
        columns = names.map { name in
            switch name {
            case "seconds": return .seconds
            case "rss_bytes": return .rss
            case "live_bytes": return .live
            default:
                let place = Cause.allCases.firstIndex { $0.rawValue == name }
                if place == nil { hasLater = true }
                return .row(place ?? unexplained)
            }
        }
        self.hasLater = hasLater
    }

    /// `nil` for what is no point: too short, too long, or with a number that cannot be.
    func point(_ node: JSONNode) -> LedgerSeries.Point? {
        guard case .array(let numbers) = node.value, numbers.count == Self.cheap || numbers.count == columns.count,
            numbers.count >= Self.cheap
        else { return nil }
        var point = LedgerSeries.Point(seconds: -1, rss: 0, live: 0)
        if numbers.count > Self.cheap { point.rows = Array(repeating: 0, count: Cause.allCases.count) }
        for (column, number) in zip(columns, numbers) {
            switch (column, number.value) {
            case (.seconds, .integer(let seconds)): point.seconds = Double(seconds)
            case (.seconds, .number(let seconds)): point.seconds = seconds
            case (.rss, .integer(let bytes)) where 0...JSONNode.most ~= bytes: point.rss = ByteCount(bytes)
            case (.live, .integer(let bytes)) where 0...JSONNode.most ~= bytes: point.live = ByteCount(bytes)
            case (.row(let place), .integer(let bytes)) where -JSONNode.most...JSONNode.most ~= bytes:
                // The first three columns are of a cheap look, whatever the file calls them.
                guard point.rows != nil else { return nil }
                point.rows![place] += ByteCount(bytes)
            default: return nil
            }
        }
        return 0...1e15 ~= point.seconds ? point : nil
    }
}
