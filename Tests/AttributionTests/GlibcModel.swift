import MemoryModel
import TestSupport

/// Random heaps of glibc as lists of chunks, and what `malloc_trim(0)` does to them, written down chunk by chunk from
/// malloc/malloc.c: the yardstick of the prediction, which sees no chunks.
struct GlibcModel {
    enum State: CaseIterable {
        case live
        case free
        case fast
        case cached
        /// heap_info, malloc_state, fenceposts: in use by glibc itself.
        case own
        case top
    }

    struct Chunk {
        var address: UInt64
        var size: UInt64
        var state: State

        var end: UInt64 { address + size }
    }

    struct SimulatedHeap {
        var first: UInt64
        var end: UInt64
        var isMain: Bool
        var chunks: [Chunk]

        var range: AddressRange { AddressRange(start: Address(first * 4096), end: Address(end * 4096)) }
    }

    /// The arenas, each with its heaps, the newest last.
    private(set) var arenas: [[SimulatedHeap]] = []
    /// Whether foreign sbrk memory lies above the main arena's top.
    private(set) var brkEndsWithTop = true

    var heaps: [SimulatedHeap] { arenas.flatMap(\.self) }

    init(_ random: inout Randomness) {
        brkEndsWithTop = random.chance(0.8)
        arenas.append([Self.heap(at: 1000, isMain: true, isNewest: true, isFirst: true, &random)])
        var base: UInt64 = 16384
        for _ in 0..<Int(random.number(0...3)) {
            let count = Int(random.number(1...2))
            arenas.append(
                (0..<count).map { index in
                    defer { base += 16384 }
                    return Self.heap(
                        at: base, isMain: false, isNewest: index == count - 1, isFirst: index == 0, &random)
                })
        }
    }

    private static func heap(
        at first: UInt64, isMain: Bool, isNewest: Bool, isFirst: Bool, _ random: inout Randomness
    ) -> SimulatedHeap {
        let end = first + random.number(2...60)
        var chunks: [Chunk] = []
        var position = first * 4096
        if !isMain {
            // sizeof (heap_info), and of malloc_state behind it in the first heap.
            let header: UInt64 = isFirst ? 0x8D0 : 0x30
            chunks.append(Chunk(address: position, size: header, state: .own))
            position += header
        }
        let mix = (0..<Int(random.number(1...4))).map { _ in random.pick([State.live, .free, .fast, .cached]) }
        let limit = end * 4096 - 64
        while position < limit, random.chance(0.97) {
            let state = random.pick(mix)
            let size = min(chunkSize(state, at: position, &random), limit - position)
            guard size >= 32 else { break }
            chunks.append(Chunk(address: position, size: size, state: state))
            position += size
        }
        if !isNewest {
            chunks.append(Chunk(address: position, size: end * 4096 - 32 - position, state: .free))
            position = end * 4096 - 32
        }
        chunks.append(Chunk(address: position, size: end * 4096 - position, state: isNewest ? .top : .own))
        return SimulatedHeap(first: first, end: end, isMain: isMain, chunks: chunks)
    }

    /// Multiples of 16 from 32 on, often such that the chunk ends near a page boundary, where the rules are delicate.
    private static func chunkSize(_ state: State, at position: UInt64, _ random: inout Randomness) -> UInt64 {
        let toBoundary = (position / 4096 + random.number(1...3)) * 4096 - position
        let near = Int64(toBoundary) + 16 * Int64.random(in: -4...4, using: &random)
        var size = random.pick([random.number(2...8) * 16, random.number(2...300) * 16, UInt64(max(near, 32))])
        if state == .free, random.chance(0.3) { size += random.number(0...2000) * 16 }
        // tcache holds chunks up to 1040 bytes, fast bins up to 128.
        if state == .cached { size = min(size, 1040) }
        if state == .fast { size = min(size, 128) }
        return size
    }

    /// After malloc_consolidate: free neighbours are one chunk, and those before top are part of top.
    func consolidated(_ heap: SimulatedHeap) -> [Chunk] {
        var result: [Chunk] = []
        for chunk in heap.chunks {
            let isFree = chunk.state == .free || chunk.state == .fast
            if let last = result.last, last.state == .free, isFree || chunk.state == .top {
                result[result.count - 1].size += chunk.size
                if chunk.state == .top { result[result.count - 1].state = .top }
            } else {
                result.append(Chunk(address: chunk.address, size: chunk.size, state: isFree ? .free : chunk.state))
            }
        }
        return result
    }

    /// The pages that mtrim and systrim give back.
    func returnedPages() -> Set<UInt64> {
        var pages: Set<UInt64> = []
        for heap in heaps {
            for chunk in consolidated(heap) {
                if chunk.state == .free, chunk.size > 4095 + 48 {
                    let start = (chunk.address + 48 + 4095) / 4096
                    pages.formUnion(start..<max(start, chunk.end / 4096))
                }
                if chunk.state == .top, heap.isMain, brkEndsWithTop, chunk.size > 33 {
                    let extra = (chunk.size - 32 - 1) / 4096
                    pages.formUnion(chunk.end / 4096 - extra..<chunk.end / 4096)
                }
            }
        }
        return pages
    }
}
