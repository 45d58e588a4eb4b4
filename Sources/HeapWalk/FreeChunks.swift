internal import MemoryModel
internal import System

/// Free chunks whose header keeps `malloc_trim` from returning their first page.
///
/// malloc/malloc.c, mtrim: of a free chunk c, the pages from alignUp(c + 48) on are returned. So where c lies less than 48
/// bytes before a page, or on its first byte, that page stays, though no block is on it. Chunks are 16-aligned: c can only
/// be 32 or 16 bytes before, or on the first.
struct FreeChunks {
    let memory: WrittenMemory
    let containers: [AddressRange]
    let ledger: PageLedger
    let cached: [AddressRange]

    private static let before: UInt64 = 32
    private static let window: UInt64 = 48

    /// The headers (address of `prev_size`), ascending.
    func atPageStarts(residency: [ResidencyRun]) -> [Address] {
        let pages = runStarts(residency: residency)
        let windows = memory.read(pages.map { $0.rawValue - Self.before..<$0.rawValue - Self.before + Self.window })
        var candidates: [(header: Address, size: UInt64)] = []
        for (page, bytes) in zip(pages, windows) {
            guard let bytes, let container = containers.holding(page) else { continue }
            for offset in stride(from: 0, to: Int(Self.window), by: 16) {
                let header = Address(page.rawValue - Self.before + UInt64(offset))
                let field = bytes.word(at: offset + 8)
                let size = field & ~7
                // Free and coalesced: the chunk before it is in use (PREV_INUSE), it has no mapping of its own, and it
                // covers this page to its end at least.
                guard field & 3 == 1, size % 16 == 0, size <= UInt64(container.count.rawValue),
                    header.rawValue + size >= page.rawValue + Granule.bytes,
                    header.rawValue + size < container.end.rawValue
                else { continue }
                candidates.append((header, size))
            }
        }
        return confirmed(candidates)
    }

    /// A free chunk's size stands again behind it, and the next chunk knows that the one before is free.
    private func confirmed(_ candidates: [(header: Address, size: UInt64)]) -> [Address] {
        let feet = memory.read(candidates.map { $0.header.rawValue + $0.size..<$0.header.rawValue + $0.size + 16 })
        return zip(candidates, feet).compactMap { candidate, foot in
            guard let foot, foot.word(at: 0) == candidate.size, foot.word(at: 8) & 1 == 0 else { return nil }
            return candidate.header
        }
    }

    /// The first page of every run of pages without a live or cached byte, where it is resident.
    private func runStarts(residency: [ResidencyRun]) -> [Address] {
        var starts: [Address] = []
        let resident = residency.filter { $0.state == .anonymous }.map(\.range)
        for container in containers {
            let granules = container.start.granule.index..<container.end.alignedUp(to: Granule.bytes).granule.index
            ledger.forEachRun(in: granules) { run, liveBytes in
                guard liveBytes == 0 else { return }
                for part in withoutCached(run) where part.lowerBound > granules.lowerBound {
                    let start = Granule(part.lowerBound).start
                    if resident.holding(start) != nil { starts.append(start) }
                }
            }
        }
        return starts
    }

    /// The parts of a run of granules that no cached chunk touches.
    private func withoutCached(_ run: Range<UInt64>) -> [Range<UInt64>] {
        var parts: [Range<UInt64>] = []
        var start = run.lowerBound
        var index = cached.partitioningIndex { $0.end > Granule(run.lowerBound).start }
        while index < cached.count, cached[index].start < Granule(run.upperBound).start {
            let first = cached[index].start.granule.index
            if first > start { parts.append(start..<first) }
            start = max(start, cached[index].end.alignedUp(to: Granule.bytes).granule.index)
            index += 1
        }
        if start < run.upperBound { parts.append(start..<run.upperBound) }
        return parts
    }
}

extension [AddressRange] {
    /// The first index whose element satisfies `condition`, which holds from some element on.
    func partitioningIndex(where condition: (AddressRange) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
