import MemoryModel

/// `stacks`: the main thread's, which maps names, and those around the thread pointers that were seen.
extension Mapping {
    /// Kernels before 4.5 named the other threads' stacks too, `[stack:TID]`.
    var isMainStack: Bool { name == "[stack]" || name.hasPrefix("[stack:") }
}

/// Finds the stacks of threads.
///
/// glibc maps a stack with its guard at the low end, and puts the thread's descriptor at the high end, where the thread
/// pointer points (nptl/allocatestack.c). So a stack reaches from the begin of the readable and writable line up to the
/// page in which the descriptor ends. Mappings merge in maps, so whatever else is known to lie in the line cuts it.
struct StackFinder {
    /// sizeof (struct pthread), glibc 2.36 on x86-64.
    static let descriptorBytes: UInt64 = 2304

    private let lines: LineTable
    /// What else is known of: heaps, live blocks and the program's own mappings, ascending by begin.
    private let barriers: [Granules]

    init(lines: LineTable, heaps: [Heap], witness: HeapWitness) {
        self.lines = lines
        let known = heaps.map(\.granules) + witness.blocks.map(\.granules) + witness.ownMappings.map(\.range.granules)
        barriers = known.sorted { $0.lowerBound < $1.lowerBound }
    }

    func claims(_ threadPointers: [Address]) -> [Piece] {
        let stacks = threadPointers.compactMap(stack(around:)).merged()
        return stacks.map { Piece(granules: $0, holder: .threadStack) }
    }

    private func stack(around threadPointer: Address) -> Granules? {
        let granule = threadPointer.granule.index
        guard let index = lines.index(of: granule) else { return nil }
        let line = lines.lines[index]
        guard line.kind == .anonymous, line.isReadableAndWritable, !line.isBrkHeap else { return nil }
        var low = line.granules.lowerBound
        let descriptorEnd = threadPointer + ByteCount(Int(Self.descriptorBytes))
        var high = min(line.granules.upperBound, descriptorEnd.alignedUp(to: Granule.bytes).granule.index)
        let above = barriers.partitioningIndex { $0.lowerBound <= granule }
        if above < barriers.count { high = min(high, barriers[above].lowerBound) }
        if above > 0 {
            let below = barriers[above - 1]
            if below.contains(granule) {
                // A stack that the program made itself: its mapping bounds it. Inside a heap or a block it is heap,
                // whatever is claimed here, as those come first.
                low = max(low, below.lowerBound)
                high = min(high, below.upperBound)
            } else {
                low = max(low, below.upperBound)
            }
        }
        return low < high ? low..<high : nil
    }
}
