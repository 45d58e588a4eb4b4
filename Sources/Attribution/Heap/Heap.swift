import MemoryModel

/// One heap of glibc's malloc: the brk heap, or a 64 MiB-aligned heap of a secondary arena.
struct Heap {
    /// What is known of the arena's top chunk.
    enum Top: Hashable {
        case unknown
        /// It begins at this address, in this heap.
        case begins(at: UInt64)
        /// It lies in another heap of the arena.
        case elsewhere
    }

    var granules: Granules
    /// Index of its arena; 0 is the main arena.
    var arena: Int
    var top: Top
    /// Whether trimming gives the top back: the main arena's, where the brk heap ends with it (systrim).
    var returnsTop: Bool
    /// Whether the headers of its free chunks are known.
    var hasHeaders: Bool
    /// Whether fast bins hold chunks of it, which trimming merges with their neighbours first.
    var hasFastChunks = false

    var isMain: Bool { arena == 0 }
}

/// The heaps of a process.
struct Heaps {
    /// HEAP_MAX_SIZE of malloc/arena.c on 64 bits: 2 * DEFAULT_MMAP_THRESHOLD_MAX.
    static let maximumGranules: UInt64 = (64 << 20) / Granule.bytes

    /// Ascending and disjoint.
    private(set) var heaps: [Heap] = []
    /// The main arena and all secondary ones.
    private(set) var arenaCount = 1

    /// None.
    init() {}

    /// None where the allocator is not glibc's.
    init(lines: LineTable, witness: HeapWitness) {
        guard witness.isGlibc else { return }
        addMain(lines: lines, interior: witness.interior)
        for arena in witness.interior?.arenas ?? [] where !arena.isMain { add(arena) }
        let listed = heaps.map(\.granules).merged()
        for base in Set(witness.arenaHeaps).sorted() { addNoted(base, unlessIn: listed, lines: lines) }
        makeDisjoint()
    }

    var claims: [Piece] {
        heaps.indices.map { Piece(granules: heaps[$0].granules, holder: .heap($0)) }
    }

    private mutating func addMain(lines: LineTable, interior: HeapInterior?) {
        let arenas = interior?.arenas.filter(\.isMain) ?? []
        let named = lines.lines.lazy.filter { $0.isBrkHeap && $0.kind == .anonymous }.map(\.granules)
        let top = arenas.lazy.compactMap(\.top).first
        for granules in (Array(named) + arenas.flatMap { $0.heaps.map(\.granules) }).merged() {
            var heap = Heap(granules: granules, arena: 0, top: .unknown, returnsTop: true, hasHeaders: interior != nil)
            heap.hasFastChunks = arenas.contains(where: \.hasFastChunks)
            if let top {
                let holdsTop = granules.contains(top.start.granule.index)
                heap.top = holdsTop ? .begins(at: top.start.rawValue) : .elsewhere
                // brk is page aligned; a top that ends elsewhere has foreign sbrk memory above it.
                heap.returnsTop = top.end.rawValue == granules.upperBound * Granule.bytes
            }
            heaps.append(heap)
        }
    }

    private mutating func add(_ arena: HeapInterior.Arena) {
        let ranges = arena.heaps.map(\.granules).filter { !$0.isEmpty }
        let topGranule = arena.top.map(\.start.granule.index)
        let holdsTop = topGranule.map { granule in ranges.contains { $0.contains(granule) } } ?? false
        for granules in ranges {
            var heap = Heap(
                granules: granules, arena: arenaCount, top: .unknown, returnsTop: false, hasHeaders: true,
                hasFastChunks: arena.hasFastChunks)
            if holdsTop, let top = arena.top, let topGranule {
                heap.top = granules.contains(topGranule) ? .begins(at: top.start.rawValue) : .elsewhere
            }
            heaps.append(heap)
        }
        arenaCount += 1
    }

    /// A heap that only its begin is known of: it is readable and writable up to where the arena has grown, and no
    /// longer than a heap can be.
    private mutating func addNoted(_ base: Address, unlessIn listed: [Granules], lines: LineTable) {
        let start = base.granule.index
        let position = listed.partitioningIndex { $0.upperBound <= start }
        if position < listed.count, listed[position].contains(start) { return }
        guard var index = lines.index(of: start) else { return }
        let limit = (start / Self.maximumGranules + 1) * Self.maximumGranules
        var end = start
        while index < lines.lines.count, end < limit {
            let line = lines.lines[index]
            guard line.granules.lowerBound <= end, line.kind == .anonymous, line.isReadableAndWritable else { break }
            end = min(line.granules.upperBound, limit)
            index += 1
        }
        guard start < end else { return }
        heaps.append(
            Heap(granules: start..<end, arena: arenaCount, top: .unknown, returnsTop: false, hasHeaders: false))
        arenaCount += 1
    }

    /// Heaps do not overlap; where a damaged snapshot says so, the one that begins first has the granules.
    private mutating func makeDisjoint() {
        heaps.sort { $0.granules.lowerBound < $1.granules.lowerBound }
        var position: UInt64 = 0
        heaps = heaps.compactMap { heap in
            var heap = heap
            let low = max(heap.granules.lowerBound, position)
            guard low < heap.granules.upperBound else { return nil }
            heap.granules = low..<heap.granules.upperBound
            position = heap.granules.upperBound
            return heap
        }
    }
}
