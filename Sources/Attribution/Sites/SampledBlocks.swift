import MemoryModel

/// The samples of a snapshot, without what contradicts itself: a target may be hostile, and a file may be damaged.
struct SampledBlocks {
    let heap: SampledHeap
    let live: [HeapSample]
    let left: [HeapSample]

    init(_ heap: SampledHeap) {
        self.heap = heap
        live = heap.live.compactMap { $0.sound(in: heap) }
        left = heap.left.compactMap { $0.sound(in: heap) }
    }

    /// The granules that the answers ask of the sweep.
    ///
    /// Of a live block those on which it begins and ends: it fills all between, so that nothing is free there.
    var granules: [UInt64] {
        live.flatMap { [$0.range.granules.lowerBound, $0.range.granules.upperBound - 1] }
            + left.map(\.address.granule.index)
    }

    /// Seconds from a time stamp to the reading; 0 for what claims to be later.
    func age(_ time: UInt64) -> Double { heap.readAt > time ? Double(heap.readAt - time) / 1e9 : 0 }
}

extension HeapSample {
    /// From its first byte in the books to its last.
    var range: AddressRange { AddressRange(start: address, end: address + bytes) }

    /// `nil` for a block that no address space has; indices that lead nowhere become `nil`.
    fileprivate func sound(in heap: SampledHeap) -> HeapSample? {
        let end = endOfUserSpace * Granule.bytes
        guard bytes > 0, address.rawValue < end, UInt64(bytes.rawValue) <= end - address.rawValue, points > 0 else {
            return nil
        }
        var sample = self
        sample.stack = stack.flatMap { heap.stacks.indices.contains($0) && !heap.stacks[$0].frames.isEmpty ? $0 : nil }
        sample.tag = tag.flatMap { heap.tags.indices.contains($0) ? $0 : nil }
        return sample
    }
}
