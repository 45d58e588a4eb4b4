internal import CMark

/// Live blocks in the order of their addresses, and the way from any address to the block that holds it.
///
/// Built in two passes over blocks in any order: ``Builder/count(_:)`` and ``Builder/place(_:)`` on each. So the table
/// takes 16 bytes a block and nothing beside it: ten million are no matter.
///
/// Unchecked: nothing changes once it is built.
@safe package final class BlockTable: @unchecked Sendable {
    /// A block as the program knows it: what `malloc` returned, and what was asked for.
    package struct Block: Hashable, Sendable {
        package var start: UInt64
        /// At least 1: an empty block has an address of its own.
        package var bytes: UInt64
        /// What its group is known by.
        package var stack: UInt32

        package init(start: UInt64, bytes: UInt64, stack: UInt32 = 0) {
            self.start = start
            self.bytes = max(1, bytes)
            self.stack = stack
        }

        /// Whether it lies where a block can: aligned for a word, in the half of the address space that is a program's.
        var isPossible: Bool {
            let limit = UInt64(CMARK_UNITS) << UInt64(CMARK_UNIT_SHIFT)
            return start % 8 == 0 && start > 0 && start < limit && bytes <= limit - start
        }
    }

    package let count: Int
    /// Blocks that were left out, as they cannot be where they are said to be: beyond the address space, over one another,
    /// or too many in one place.
    package let impossible: Int
    let starts: UnsafeMutablePointer<UInt64>
    let sizes: UnsafeMutablePointer<UInt32>
    let stacks: UnsafeMutablePointer<UInt32>
    private let units: UnsafeMutablePointer<UInt32>
    private let middles: UnsafeMutablePointer<UInt32>
    private let leaves: UnsafeMutablePointer<UInt32>
    private let larges: UnsafeMutablePointer<UInt32>
    private let largeEnds: UnsafeMutablePointer<UInt64>
    private let largeCount: Int
    private let low: UInt64
    private let high: UInt64

    fileprivate init(
        starts: [UInt64], sizes: [UInt32], stacks: [UInt32], index: LeafIndex, larges: [(block: UInt32, end: UInt64)],
        highest: UInt64, impossible: Int
    ) {
        count = starts.count
        self.impossible = impossible
        unsafe self.starts = copy(starts)
        unsafe self.sizes = copy(sizes)
        unsafe self.stacks = copy(stacks)
        unsafe units = copy(index.units)
        unsafe middles = copy(index.middles)
        unsafe leaves = copy(index.leaves)
        unsafe self.larges = copy(larges.map(\.block))
        unsafe largeEnds = copy(larges.map(\.end))
        largeCount = larges.count
        low = starts.first ?? 0
        high = count == 0 ? 0 : highest + 8
    }

    deinit {
        unsafe starts.deallocate()
        unsafe sizes.deallocate()
        unsafe stacks.deallocate()
        unsafe units.deallocate()
        unsafe middles.deallocate()
        unsafe leaves.deallocate()
        unsafe larges.deallocate()
        unsafe largeEnds.deallocate()
    }

    /// As the loops in C take it; valid as long as this object lives.
    var raw: cmark_blocks {
        unsafe cmark_blocks(
            starts: starts, bytes: sizes, count: UInt32(count), low: low, high: high, units: units, middles: middles,
            leaves: leaves,
            larges: larges, large_ends: largeEnds, large_count: UInt32(largeCount))
    }

    package subscript(index: Int) -> Block {
        precondition(index >= 0 && index < count)
        return Block(
            start: unsafe starts[index], bytes: end(index) - (unsafe starts[index]), stack: unsafe stacks[index])
    }

    /// Where a block ends.
    func end(_ index: Int) -> UInt64 {
        let bytes = unsafe sizes[index]
        guard bytes == .max else { return unsafe starts[index] + UInt64(bytes) }
        var (low, high) = (0, largeCount)
        while low < high {
            let middle = (low + high) / 2
            if unsafe larges[middle] < UInt32(index) { low = middle + 1 } else { high = middle }
        }
        return unsafe largeEnds[low]
    }

    /// The block that an address lies in.
    package func block(holding address: UInt64) -> Int? {
        var raw = unsafe raw
        let found = unsafe cmark_find(&raw, address)
        return found == .max ? nil : Int(found)
    }

    /// The number of blocks that begin below an address.
    func firstIndex(at address: UInt64) -> Int {
        var raw = unsafe raw
        return Int(unsafe cmark_first_at(&raw, address))
    }
}

private func copy<Value: BitwiseCopyable>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
    let place = UnsafeMutablePointer<Value>.allocate(capacity: max(1, values.count))
    unsafe place.initialize(from: values, count: values.count)
    return unsafe place
}

/// Address → place of its granule: three levels, made for what there is.
private struct LeafIndex {
    static let entries = Int(CMARK_ENTRIES)
    static let leafEntries = Int(CMARK_LEAF_ENTRIES)

    var units = [UInt32](repeating: 0, count: Int(CMARK_UNITS))
    var middles: [UInt32] = []
    /// Counts first, then the first block of each granule.
    var leaves: [UInt32] = []

    /// The place of the granule of an address in `leaves`; makes its leaf where there is none.
    mutating func made(_ address: UInt64) -> Int {
        let unit = Int(address >> UInt64(CMARK_UNIT_SHIFT))
        if units[unit] == 0 {
            middles += repeatElement(0, count: Self.entries)
            units[unit] = UInt32(middles.count / Self.entries)
        }
        let middle = (Int(units[unit]) - 1) * Self.entries + Self.entry(address)
        if middles[middle] == 0 {
            leaves += repeatElement(0, count: Self.leafEntries)
            middles[middle] = UInt32(leaves.count / Self.leafEntries)
        }
        return (Int(middles[middle]) - 1) * Self.leafEntries + Self.granule(address)
    }

    func found(_ address: UInt64) -> Int? {
        let unit = Int(units[Int(address >> UInt64(CMARK_UNIT_SHIFT))])
        guard unit > 0 else { return nil }
        let leaf = Int(middles[(unit - 1) * Self.entries + Self.entry(address)])
        return leaf == 0 ? nil : (leaf - 1) * Self.leafEntries + Self.granule(address)
    }

    /// Whether there is no leaf somewhere between.
    func hasGap(from start: UInt64, to end: UInt64) -> Bool {
        let leafBytes: UInt64 = 1 << UInt64(CMARK_LEAF_SHIFT)
        var address = (start / leafBytes + 1) * leafBytes
        while address < end {
            if found(address) == nil { return true }
            address += leafBytes
        }
        return false
    }

    /// Turns counts into places; returns the sum.
    mutating func sum() -> Int {
        var total: UInt32 = 0
        for unit in units where unit > 0 {
            for leaf in middles[(Int(unit) - 1) * Self.entries..<Int(unit) * Self.entries] where leaf > 0 {
                let first = (Int(leaf) - 1) * Self.leafEntries
                for place in first..<first + Self.leafEntries {
                    let count = leaves[place]
                    leaves[place] = total
                    total += count
                }
            }
        }
        return Int(total)
    }

    private static func entry(_ address: UInt64) -> Int {
        Int(address >> UInt64(CMARK_LEAF_SHIFT)) % entries
    }
    private static func granule(_ address: UInt64) -> Int {
        Int(address >> UInt64(CMARK_GRANULE_SHIFT)) % entries
    }
}

extension BlockTable {
    /// Makes a table of blocks that come twice, in any order.
    package struct Builder {
        /// As many words as a granule has: more blocks cannot begin in it.
        private static let mostInGranule: UInt32 = 512
        /// Blocks of 4 GiB and more.
        private static let mostHuge = 1 << 15

        private var index = LeafIndex()
        private var starts: [UInt64] = []
        private var sizes: [UInt32] = []
        private var stacks: [UInt32] = []
        /// How many blocks of each granule are placed.
        private var filled: [UInt16] = []
        private var ends: [UInt64: UInt64] = [:]
        private var isSummed = false
        fileprivate var impossible = 0

        package init() {}

        /// The first pass: every block once.
        package mutating func count(_ block: Block) {
            precondition(!isSummed)
            guard block.isPossible else {
                impossible += 1
                return
            }
            let place = index.made(block.start)
            guard index.leaves[place] < Self.mostInGranule else {
                impossible += 1
                return
            }
            index.leaves[place] += 1
        }

        /// The second pass: the same blocks again. What comes now and did not come then is left out.
        package mutating func place(_ block: Block) {
            if !isSummed { sum() }
            guard block.isPossible, let place = index.found(block.start) else { return }
            let at = Int(index.leaves[place]) + Int(filled[place])
            guard at < Int(index.leaves[place + 1]) else { return }
            filled[place] += 1
            starts[at] = block.start
            stacks[at] = block.stack
            sizes[at] = UInt32(clamping: block.bytes)
            guard sizes[at] == .max else { return }
            // No address space holds as many: the rest is cut.
            if ends.count < Self.mostHuge { ends[block.start] = block.start + block.bytes } else { sizes[at] -= 1 }
        }

        private mutating func sum() {
            let total = index.sum()
            isSummed = true
            starts = [UInt64](repeating: 0, count: total)
            sizes = [UInt32](repeating: 0, count: total)
            stacks = [UInt32](repeating: 0, count: total)
            filled = [UInt16](repeating: 0, count: index.leaves.count)
        }

        package consuming func finish() -> BlockTable {
            if !isSummed { sum() }
            filled = []
            sort()
            let kept = dropOverlapping()
            if kept < starts.count { return rebuilt(from: kept) }
            let larges = starts.indices.compactMap { index -> (block: UInt32, end: UInt64)? in
                let end = end(index)
                return sizes[index] == .max || self.index.hasGap(from: starts[index], to: end)
                    ? (UInt32(index), end) : nil
            }
            return BlockTable(
                starts: starts, sizes: sizes, stacks: stacks, index: index, larges: larges,
                highest: starts.isEmpty ? 0 : end(starts.count - 1), impossible: impossible)
        }

        /// Within each granule; the granules are in order. What was not placed in the second pass has address 0, and goes.
        private mutating func sort() {
            for index in starts.indices.dropFirst() where starts[index] < starts[index - 1] {
                let (start, size, stack) = (starts[index], sizes[index], stacks[index])
                // A place that was left empty belongs nowhere: it stays, for the next step to drop.
                guard start > 0 else { continue }
                var at = index
                while at > 0, starts[at - 1] > start {
                    starts[at] = starts[at - 1]
                    sizes[at] = sizes[at - 1]
                    stacks[at] = stacks[at - 1]
                    at -= 1
                }
                starts[at] = start
                sizes[at] = size
                stacks[at] = stack
            }
        }

        private func end(_ index: Int) -> UInt64 {
            sizes[index] == .max
                ? ends[starts[index]] ?? starts[index] + UInt64(UInt32.max) : starts[index] + UInt64(sizes[index])
        }

        /// Moves the blocks that may stay to the front, and says how many there are.
        private mutating func dropOverlapping() -> Int {
            var kept = 0
            var reached: UInt64 = 0
            for index in starts.indices {
                guard starts[index] > 0, starts[index] >= reached else {
                    impossible += 1
                    continue
                }
                reached = end(index)
                starts[kept] = starts[index]
                sizes[kept] = sizes[index]
                stacks[kept] = stacks[index]
                kept += 1
            }
            return kept
        }

        /// Some were dropped, so that the places in the index are wrong: once more, with those that are left.
        private consuming func rebuilt(from kept: Int) -> BlockTable {
            let blocks = (0..<kept).map { index in
                Block(start: starts[index], bytes: end(index) - starts[index], stack: stacks[index])
            }
            return .of(blocks, impossible: impossible)
        }
    }

    /// - Parameter blocks: In any order.
    package static func of(_ blocks: [Block]) -> BlockTable { of(blocks, impossible: 0) }

    private static func of(_ blocks: [Block], impossible: Int) -> BlockTable {
        var builder = Builder()
        builder.impossible = impossible
        for block in blocks { builder.count(block) }
        for block in blocks { builder.place(block) }
        return builder.finish()
    }
}
