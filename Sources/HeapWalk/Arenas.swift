internal import MemoryModel
internal import System

/// The arenas with their heaps and tops.
struct Arenas {
    let memory: WrittenMemory
    let main: Address
    /// Noted heaps of secondary arenas.
    let heaps: [Address]
    let mappings: [Mapping]

    /// malloc/arena.c: HEAP_MAX_SIZE.
    private static let heapBytes = ByteCount.mebibytes(64)
    /// More arenas than any machine's limit (8 a core) makes: a cycle that never returns to the main arena.
    private static let arenasAtMost = 65536

    func read() -> [HeapInterior.Arena]? {
        guard let states = states(), let mainState = states.first else { return nil }
        var arenas = [mainArena(mainState)]
        let heapsOf = heapsByArena(states: states)
        for state in states.dropFirst() {
            let heaps = (heapsOf[state.address] ?? []).sorted { $0.start < $1.start }
            guard !heaps.isEmpty else { continue }
            let holder = heaps.first { $0.contains(state.top) }
            arenas.append(
                HeapInterior.Arena(
                    isMain: false, heaps: heaps, top: holder.flatMap { top(state.top, in: $0) },
                    hasFastChunks: state.hasFastChunks))
        }
        return arenas
    }

    /// The main arena and those behind it: `next` leads around and back (malloc/arena.c).
    private func states() -> [ArenaState]? {
        var states: [ArenaState] = []
        var address = main
        repeat {
            guard let bytes = memory.read(at: address, count: ArenaState.bytes),
                let state = ArenaState(address: address, bytes: bytes), states.count < Self.arenasAtMost
            else { return states.isEmpty ? nil : states }
            states.append(state)
            address = state.next
        } while address != main
        return states
    }

    private func mainArena(_ state: ArenaState) -> HeapInterior.Arena {
        guard let heap = mappings.first(where: { $0.name == "[heap]" })?.range else {
            return HeapInterior.Arena(isMain: true, heaps: [], top: nil)
        }
        // After another user of sbrk came between, the heap is of several pieces; maps shows them as one.
        return HeapInterior.Arena(
            isMain: true, heaps: [heap], top: heap.contains(state.top) ? top(state.top, in: heap) : nil,
            hasFastChunks: state.hasFastChunks)
    }

    /// The top chunk by its own size field, never beyond its heap.
    private func top(_ start: Address, in heap: AddressRange) -> AddressRange? {
        guard let size = word(at: start + 8) else { return nil }
        let end = start + ByteCount(Int(clamping: size & ~7))
        guard start < end, end <= heap.end else { return nil }
        return AddressRange(start: start, end: end)
    }

    /// malloc/arena.c, struct _heap_info: ar_ptr, prev, size, mprotect_size. Noted heaps and those that `prev` leads to.
    private func heapsByArena(states: [ArenaState]) -> [Address: [AddressRange]] {
        let known = Set(states.map(\.address))
        var found: [Address: [AddressRange]] = [:]
        var open = heaps + states.dropFirst().map { $0.address.alignedDown(to: UInt64(Self.heapBytes.rawValue)) }
        var seen: Set<Address> = [Address(0)]
        while let base = open.popLast() {
            guard seen.insert(base).inserted,
                let bytes = memory.read(at: base, count: 32)
            else { continue }
            let size = ByteCount(Int(clamping: bytes.word(at: 16)))
            guard known.contains(Address(bytes.word(at: 0))), size > 0, size <= Self.heapBytes else { continue }
            found[Address(bytes.word(at: 0)), default: []].append(AddressRange(start: base, end: base + size))
            let previous = Address(bytes.word(at: 8))
            if previous == previous.alignedDown(to: UInt64(Self.heapBytes.rawValue)) { open.append(previous) }
        }
        return found
    }

    private func word(at address: Address) -> UInt64? {
        memory.read(at: address, count: 8)?.word(at: 0)
    }
}
