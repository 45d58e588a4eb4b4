package import MemoryModel
internal import System

/// Reads what only the target's own memory tells of glibc's arenas: their tops, what thread caches hold, and free chunks
/// that begin where a page does.
///
/// Reads only; nothing that it finds is trusted before it was checked against something else.
///
/// - Parameters:
///   - heaps: Where the heaps of secondary arenas begin (64 MiB aligned).
///   - residency: Ascending; only pages that the target has written are read.
/// - Returns: `nil` where the memory may not be read, or the allocator has another shape.
package func heapInterior(
    pid: Int32, mappings: [Mapping], witness: HeapWitness, residency: [ResidencyRun]
) -> HeapInterior? {
    let memory = WrittenMemory(ProcessMemory(pid: pid), residency: residency)
    guard witness.isGlibc, let main = MainArena.find(in: memory, mappings: mappings) else { return nil }
    let arenas = Arenas(memory: memory, main: main, heaps: witness.arenaHeaps, mappings: mappings)
    guard let found = arenas.read() else { return nil }
    let containers = found.flatMap(\.heaps).sorted { $0.start < $1.start }
    let cached = ThreadCaches(memory: memory, containers: containers, mappings: mappings.map(\.range)).chunks(
        of: witness.threadPointers)
    let starts = FreeChunks(memory: memory, containers: containers, ledger: witness.ledger, cached: cached)
        .atPageStarts(residency: residency)
    return HeapInterior(arenas: found, cached: cached, freeChunksAtPageStart: starts)
}

/// Where the main arena lies, in libc's data: `nil` where it cannot be found.
///
/// It leads to free chunks, and a free chunk begins in the last bytes of the block before it (malloc/malloc.c, "a chunk's
/// mem": the size of the one before overlaps its user's bytes). Who takes it for the program's own finds that block held.
package func mainArena(pid: Int32, mappings: [Mapping], residency: [ResidencyRun]) -> AddressRange? {
    let memory = WrittenMemory(ProcessMemory(pid: pid), residency: residency)
    return MainArena.find(in: memory, mappings: mappings).map {
        AddressRange(start: $0, end: $0 + ByteCount(ArenaState.wholeBytes))
    }
}

extension [AddressRange] {
    /// The range that holds an address; ranges ascend and are disjoint.
    func holding(_ address: Address) -> AddressRange? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        guard low < count, self[low].contains(address) else { return nil }
        return self[low]
    }
}
