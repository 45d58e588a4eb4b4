import MemoryModel

/// Under what a share is summed up.
enum GroupKey: Hashable, Comparable {
    /// Number of the site, or of the stack.
    case stack(Int)
    case name(String)
    /// Index of ``ages``.
    case age(Int)
    /// It has no stack, and stacks are asked for.
    case none

    /// Ages by where they end, in seconds.
    static let ages: [(limit: Double, name: String)] = [
        (1, "0-1 s"), (10, "1-10 s"), (60, "10-60 s"), (600, "1-10 min"), (3600, "10-60 min"), (.infinity, "1 h+"),
    ]

    static func age(seconds: Double) -> GroupKey {
        .age(ages.firstIndex { seconds < $0.limit } ?? ages.count - 1)
    }

    /// What it is called; empty where frames name it.
    var name: String {
        switch self {
        case .name(let name): name
        case .age(let index): Self.ages[index].name
        case .stack, .none: ""
        }
    }
}

extension SampledBlocks {
    func key(_ sample: HeapSample, by grouping: SiteAnswer.Grouping, _ table: SiteTable) -> GroupKey {
        switch grouping {
        case .site: sample.stack.flatMap(table.site).map(GroupKey.stack) ?? .none
        case .stack: sample.stack.map(GroupKey.stack) ?? .none
        case .thread: .name(threadName(sample.thread))
        case .tag: .name(sample.tag.map { heap.tags[$0] } ?? "(no tag)")
        case .age: .age(seconds: age(sample.freed ?? sample.born))
        }
    }

    private func threadName(_ thread: Int) -> String {
        guard thread != 0 else { return "(unknown thread)" }
        return heap.threadNames[thread] ?? "(ended threads)"
    }
}
