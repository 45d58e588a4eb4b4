import MemoryModel

/// One pass over the address space: every resident or swapped page to its cause.
///
/// Piece by piece and run by run, never page by page but where neighbouring granules differ in their live bytes:
///
///     a granule with L live bytes:  L to heap.live, 4096 - L to the rest of its holder
///     a granule without:            to its holder; in a heap, by what trimming does with it
///
/// The parts of a granule add up to 4096, the pieces and the gaps between them to all of user space, so the rows add up
/// to RSS.
struct Sweep {
    private let partition: Partition
    private var residency: Residency
    private(set) var ledger = Ledger()
    private(set) var owners: OwnerTally
    private(set) var arenas: [HeapReport.Arena]
    private(set) var freeRuns = FreeRunTally()
    private(set) var trim = TrimTally()
    /// Σ (4096 - live)² / live over the resident pages whose free bytes are `heap.fragmented`.
    private(set) var pinnedSquares = 0.0
    /// Live bytes on granules that are neither resident nor in swap.
    private(set) var untouched = 0
    /// What was found on the granules of `probing`.
    private(set) var probes: PageProbes

    init(_ partition: Partition, residency: [ResidencyRun], witness: HeapWitness?, probing granules: [UInt64] = []) {
        self.partition = partition
        self.residency = Residency(residency)
        probes = PageProbes(granules, residency: residency)
        owners = OwnerTally(count: witness?.ownMappings.count ?? 0)
        arenas = (0..<partition.heaps.arenaCount).map { HeapReport.Arena(isMain: $0 == 0) }
        var live = witness.map { LiveBytes($0) }
        var model = TrimModel(witness?.interior)
        var position: UInt64 = 0
        for piece in partition.pieces {
            addUnmapped(position..<piece.granules.lowerBound)
            add(piece, &live, &model)
            position = piece.granules.upperBound
        }
        addUnmapped(position..<endOfUserSpace)
    }

    /// Pages for which maps has no line: a mapping that went or came during the reading.
    private mutating func addUnmapped(_ gap: Granules) {
        if !gap.isEmpty { ledger.add(.unexplained, residency.count(in: gap)) }
    }

    private mutating func add(_ piece: Piece, _ live: inout LiveBytes?, _ model: inout TrimModel) {
        if case .line(let kind) = piece.holder {
            let pages = residency.count(in: piece.granules)
            switch kind {
            case .observer: ledger.add(.silt, pages)
            case .kernel: ledger.add(.kernel, pages)
            case .mainStack: ledger.add(.stacks, pages)
            case .shared: ledger.add(.shared, pages)
            case .sharedCopy: ledger.addSharedCopy(pages)
            case .file: ledger.addFile(pages)
            case .anonymous: ledger.add(.unexplained, pages)
            }
            return
        }
        var area = AreaTally()
        area.sum(piece, heap: heap(of: piece), &residency, &live, &model, &freeRuns, &probes)
        pinnedSquares += area.pinnedSquares
        book(area, to: piece.holder)
    }

    private func heap(of piece: Piece) -> Heap? {
        guard case .heap(let index) = piece.holder else { return nil }
        return partition.heaps.heaps[index]
    }

    private mutating func book(_ area: AreaTally, to holder: Holder) {
        untouched += area.live.absent
        ledger.add(.heapLive, residentBytes: area.live.resident, swappedBytes: area.live.swapped)
        let rest = area.rest
        let free = area.free
        switch holder {
        case .heap(let index):
            bookHeap(area, arena: partition.heaps.heaps[index].arena)
        case .ownMapping(let index):
            let resident = rest.resident + free.resident
            ledger.add(.mappings, residentBytes: resident, swappedBytes: rest.swapped + free.swapped)
            owners.add(resident, to: index)
        case .threadStack:
            bookFragments(rest)
            ledger.add(.stacks, residentBytes: free.resident, swappedBytes: free.swapped)
        case .moduleArea:
            bookFragments(rest)
            ledger.add(.moduleData, residentBytes: free.resident, swappedBytes: free.swapped)
        case .unclaimed, .line:
            bookFragments(rest)
            ledger.add(.unexplained, residentBytes: free.resident, swappedBytes: free.swapped)
        }
    }

    private mutating func bookFragments(_ rest: Held) {
        ledger.add(.heapFragmented, residentBytes: rest.resident, swappedBytes: rest.swapped)
    }

    private mutating func bookHeap(_ area: AreaTally, arena: Int) {
        bookFragments(area.rest)
        let retained = area.trim.predicted
        let kept = area.trim.kept + area.trim.keptPerhaps
        ledger.add(.heapRetained, residentBytes: retained, swappedBytes: area.swappedReturned)
        ledger.add(.heapKept, residentBytes: kept, swappedBytes: area.free.swapped - area.swappedReturned)
        trim.returned += area.trim.returned
        trim.returnedPerhaps += area.trim.returnedPerhaps
        trim.keptPerhaps += area.trim.keptPerhaps
        trim.kept += area.trim.kept
        arenas[arena].live += ByteCount(area.live.resident)
        arenas[arena].fragmented += ByteCount(area.rest.resident)
        arenas[arena].retained += ByteCount(retained)
        arenas[arena].kept += ByteCount(kept)
        arenas[arena].resident += ByteCount(area.live.resident + area.rest.resident + retained + kept)
    }
}

extension Piece {
    /// Whether the free bytes beside live ones are `heap.fragmented`: in a mapping of the program's own they are not.
    fileprivate var pinsFragments: Bool {
        if case .ownMapping = holder { false } else { true }
    }
}

/// Bytes by where they are.
struct Held: Hashable {
    var resident = 0
    var swapped = 0
    var absent = 0

    mutating func add(_ pages: PageCounts, bytesEach: Int) {
        resident += pages.resident * bytesEach
        swapped += pages.swapped * bytesEach
        absent += pages.absent * bytesEach
    }
}

/// The sums of one piece of private anonymous memory.
struct AreaTally {
    /// Live bytes.
    var live = Held()
    /// What is left of granules that have a live byte.
    var rest = Held()
    /// Σ (4096 - live)² / live over the resident granules of `rest`, where it is `heap.fragmented`.
    var pinnedSquares = 0.0
    /// Granules without a live byte.
    var free = Held()
    /// `free.resident` of a heap, by what trimming does with it.
    var trim = TrimTally()
    /// `free.swapped` of a heap, as far as trimming would return it.
    var swappedReturned = 0

    mutating func sum(
        _ piece: Piece, heap: Heap?, _ residency: inout Residency, _ live: inout LiveBytes?, _ model: inout TrimModel,
        _ freeRuns: inout FreeRunTally, _ probes: inout PageProbes
    ) {
        guard live != nil else { return free.add(residency.count(in: piece.granules), bytesEach: granuleBytes) }
        let pinsFragments = piece.pinsFragments
        live?.forEachRun(in: piece.granules) { run, bytes in
            if bytes > 0 {
                let pages = residency.count(in: run)
                self.live.add(pages, bytesEach: bytes)
                rest.add(pages, bytesEach: granuleBytes - bytes)
                if pinsFragments {
                    probes.note(run, .pinned(live: bytes))
                    let free = Double(granuleBytes - bytes)
                    pinnedSquares += Double(pages.resident) * free * free / Double(bytes)
                }
                if heap != nil { freeRuns.add(fragments: run.count * (granuleBytes - bytes)) }
            } else if let heap {
                freeRuns.add(run: run.count)
                model.forEachPart(of: run, in: heap) { part, fate in
                    let pages = residency.count(in: part)
                    free.add(pages, bytesEach: granuleBytes)
                    trim.add(pages.resident * granuleBytes, fate)
                    probes.note(part, fate.isPredicted ? .retained : .kept)
                    if fate.isPredicted { swappedReturned += pages.swapped * granuleBytes }
                }
            } else {
                free.add(residency.count(in: run), bytesEach: granuleBytes)
            }
        }
    }
}
