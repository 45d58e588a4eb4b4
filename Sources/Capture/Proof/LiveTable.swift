internal import MemoryModel
internal import Reachability
internal import Segment

/// The live blocks of a process as a proof takes them, and how far that goes.
struct LiveTable: Sendable {
    let blocks: BlockTable
    /// Mean distance between samples; 1: all allocations.
    let mean: Int
    /// Blocks that the table had no room for.
    let dropped: Int
    /// Entries that cannot be true.
    let impossible: Int
    /// What was asked for of the blocks whose size in ``blocks`` is another, by their address.
    private let requests: [UInt64: UInt64]

    /// More blocks with a mapping of their own have no books (SILT_MAX_RANGES).
    private static let mostRequests = 1 << 18

    /// - Parameters:
    ///   - isGlibc: Whether chunks have glibc's headers.
    ///   - written: What the process has written, ascending: the header of a chunk lies there, whatever its block is.
    /// - Returns: `nil` where no allocation is sampled.
    init?(_ file: borrowing SegmentFile, isGlibc: Bool, written: [AddressRange]) throws(SegmentError) {
        var builder = BlockTable.Builder()
        var requests: [UInt64: UInt64] = [:]
        var unwritten = 0
        var near = NearRange(written)
        var facts: SegmentFile.LiveBlockFacts?
        facts = try file.forEachLiveBlock { raw in
            guard near.contains(raw.chunk) else {
                unwritten += 1
                return
            }
            builder.count(Self.block(raw, isGlibc: isGlibc))
        }
        guard let facts else { return nil }
        _ = try file.forEachLiveBlock { raw in
            guard near.contains(raw.chunk) else { return }
            let block = Self.block(raw, isGlibc: isGlibc)
            builder.place(block)
            if block.bytes != max(1, raw.request), requests.count < Self.mostRequests {
                requests[block.start] = raw.request
            }
        }
        mean = facts.mean
        dropped = facts.dropped
        blocks = builder.finish()
        impossible = unwritten + blocks.impossible
        self.requests = requests
    }

    /// What the program asked for.
    func request(of block: BlockTable.Block) -> ByteCount {
        ByteCount(Int(clamping: requests[block.start] ?? block.bytes))
    }

    /// From the chunk to the block (shim/preload/chunk.h). On the heap the size field is before the block, which is
    /// 16-aligned; a chunk with a mapping of its own begins 16 before, or more where the block is aligned further: its whole
    /// mapping counts as the block.
    private static func block(_ raw: SegmentFile.LiveBlock, isGlibc: Bool) -> BlockTable.Block {
        guard isGlibc else { return BlockTable.Block(start: raw.chunk, bytes: raw.bytes, stack: raw.stack) }
        if raw.chunk % 16 == 0 {
            return BlockTable.Block(
                start: raw.chunk &+ 16, bytes: raw.bytes > 16 ? raw.bytes - 16 : 0, stack: raw.stack)
        }
        return BlockTable.Block(start: raw.chunk &+ 8, bytes: raw.request, stack: raw.stack)
    }
}

/// Ranges that are asked again and again for addresses near to one another.
private struct NearRange {
    private let ranges: [AddressRange]
    private var last = AddressRange(start: Address(0), end: Address(0))

    init(_ ranges: [AddressRange]) { self.ranges = ranges }

    mutating func contains(_ address: UInt64) -> Bool {
        let address = Address(address)
        if last.contains(address) { return true }
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        guard low < ranges.count, ranges[low].contains(address) else { return false }
        last = ranges[low]
        return true
    }
}
