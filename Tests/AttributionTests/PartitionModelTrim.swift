import MemoryModel

/// What trimming returns, page by page.
extension PartitionModel {
    /// Whether a heap page without a live byte is returned.
    func returns(_ page: UInt64) -> Bool {
        guard let heap = heap(of: page) else { return false }
        guard isFree(page, heap) else { return false }
        var first = page
        while first > heap.first, isFree(first - 1, heap) { first -= 1 }
        var last = page
        while last + 1 < heap.end, isFree(last + 1, heap) { last += 1 }
        if let top = heap.arena.top {
            let isHere = heap.first * 4096 <= top.start.rawValue && top.start.rawValue < heap.end * 4096
            let isTrimmed = heap.arena.isMain && top.end.rawValue == heap.end * 4096
            if isHere, (last + 1) * 4096 >= top.start.rawValue, !isTrimmed { return false }
        } else if !heap.arena.isMain, last + 1 == heap.end {
            return false
        }
        let isLost = headers.contains { $0.rawValue <= first * 4096 && first * 4096 < $0.rawValue + 48 }
        return page != first || !isLost
    }

    private struct NaiveHeap {
        var first: UInt64
        var end: UInt64
        var arena: HeapInterior.Arena
    }

    private func heap(of page: UInt64) -> NaiveHeap? {
        for arena in arenas where !arena.isMain {
            for heap in arena.heaps where heap.contains(Address(page * 4096)) {
                return NaiveHeap(first: heap.start.granule.index, end: heap.end.granule.index, arena: arena)
            }
        }
        guard isBrk(page) else { return nil }
        var first = page
        while isBrk(first - 1) { first -= 1 }
        var end = page + 1
        while isBrk(end) { end += 1 }
        return NaiveHeap(first: first, end: end, arena: arenas[0])
    }

    private func isBrk(_ page: UInt64) -> Bool {
        let address = Address(page * 4096)
        return arenas[0].heaps.contains { $0.contains(address) }
            || lines.contains { $0.name == "[heap]" && $0.range.contains(address) }
    }

    /// Whether a page of a heap lies in free chunks alone.
    private func isFree(_ page: UInt64, _ heap: NaiveHeap) -> Bool {
        let here = range(page, page + 1)
        let isPrivate = lines.contains { line in
            line.range.contains(here.start)
                && (["[heap]", "[anon:x]"].contains(line.name)
                    || (line.name.isEmpty && !line.permissions.contains(.shared)))
        }
        guard isPrivate, live[page] == nil, !cached.contains(where: { $0.intersection(here).count > 0 }) else {
            return false
        }
        if heap.arena.isMain { return true }
        if page == heap.first { return false }
        let topIsElsewhere = heap.arena.top.map { !(heap.first..<heap.end).contains($0.start.granule.index) } ?? false
        return !(topIsElsewhere && page + 1 == heap.end)
    }
}
