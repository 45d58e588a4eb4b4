import MemoryModel

/// Who holds an area of the address space.
enum Holder: Hashable {
    /// A line whose kind decides for all its pages.
    case line(LineKind)
    /// A heap, by its index.
    case heap(Int)
    case threadStack
    /// A mapping of the program's own, by its index in the witness.
    case ownMapping(Int)
    case moduleArea
    /// Private anonymous memory that nobody claimed.
    case unclaimed
}

/// An area and its holder.
struct Piece: Hashable {
    var granules: Granules
    var holder: Holder
}

/// The address space, painted claim by claim: what is painted stays, so the order of calls is the precedence.
///
/// Invariant: `free` and `pieces` are disjoint, and together they are the area that the canvas began with.
struct Canvas {
    /// Ascending, disjoint, not touching at the beginning.
    private(set) var free: [Granules]
    private(set) var pieces: [Piece] = []

    init(_ lines: [Line]) {
        free = lines.map(\.granules).merged()
    }

    /// Gives the free part of every claim to its holder. Where claims overlap, the one that begins first has it.
    mutating func paint(_ claims: [Piece]) {
        let claims = claims.sorted { $0.granules.lowerBound < $1.granules.lowerBound }
        var rest: [Granules] = []
        var next = 0
        for region in free {
            var position = region.lowerBound
            while next < claims.count, claims[next].granules.lowerBound < region.upperBound {
                let claim = claims[next].granules
                let start = max(claim.lowerBound, position)
                let end = min(claim.upperBound, region.upperBound)
                if start < end {
                    if position < start { rest.append(position..<start) }
                    pieces.append(Piece(granules: start..<end, holder: claims[next].holder))
                    position = end
                }
                // What reaches beyond this region may have a part of the next.
                if claim.upperBound > region.upperBound { break }
                next += 1
            }
            if position < region.upperBound { rest.append(position..<region.upperBound) }
        }
        free = rest
    }

    /// Gives all that is free to one holder, and ends: every piece, ascending.
    consuming func finish(_ holder: Holder) -> [Piece] {
        (pieces + free.map { Piece(granules: $0, holder: holder) })
            .sorted { $0.granules.lowerBound < $1.granules.lowerBound }
    }
}
