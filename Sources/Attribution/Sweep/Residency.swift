import MemoryModel

/// Numbers of granules by what the kernel says of them.
struct PageCounts: Hashable {
    var anonymous = 0
    var file = 0
    var swapped = 0
    /// Neither resident nor in swap.
    var absent = 0

    var resident: Int { anonymous + file }
}

/// The residency runs, looked up in ascending order.
///
/// A cursor and not a list: there may be a run for every page, and nothing of them is copied. It only moves up, so that
/// no page counts twice even where runs overlap in a damaged snapshot: the first one counts.
struct Residency {
    private let runs: [ResidencyRun]
    private var next = 0
    private var current: Granules = 0..<0
    private var state = ResidencyRun.State.file

    init(_ runs: [ResidencyRun]) {
        self.runs = runs
        advance()
    }

    /// The states of the granules in `range`.
    ///
    /// - Precondition: calls ascend.
    mutating func count(in range: Granules) -> PageCounts {
        var counts = PageCounts()
        var position = range.lowerBound
        while position < range.upperBound {
            while current.upperBound <= position, next <= runs.count { advance() }
            let start = min(max(current.lowerBound, position), range.upperBound)
            let end = min(max(current.upperBound, start), range.upperBound)
            guard current.upperBound > position, start < end else {
                counts.absent += Int(range.upperBound - position)
                break
            }
            counts.absent += Int(start - position)
            switch state {
            case .anonymous: counts.anonymous += Int(end - start)
            case .file: counts.file += Int(end - start)
            case .swapped: counts.swapped += Int(end - start)
            }
            position = end
        }
        return counts
    }

    /// To the next run that is not empty; `next` is one past the count of runs when there is none.
    private mutating func advance() {
        while next < runs.count {
            let granules = runs[next].range.granules
            state = runs[next].state
            next += 1
            if !granules.isEmpty {
                current = granules
                return
            }
        }
        next = runs.count + 1
    }
}
