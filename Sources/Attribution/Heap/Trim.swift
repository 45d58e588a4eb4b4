import MemoryModel

/// What `malloc_trim(0)` does with granules that have no live byte.
enum TrimFate: Hashable {
    case returned
    /// Probably returned: the first page of a free run, unless a header lies on it that could not be read, or that is
    /// a fast-bin chunk's.
    case returnedPerhaps
    /// Probably kept: the run at the end of a heap, unless it is not the top; the first page of a free run where a
    /// header lies on it, unless trimming merges that away.
    case keptPerhaps
    case kept

    /// Whether the prediction counts it as returned.
    var isPredicted: Bool { self == .returned || self == .returnedPerhaps }
}

/// Predicts what glibc 2.36 gives back, from the ledger and what is known of the heaps' interior.
///
/// malloc/malloc.c, mtrim: in every arena, after malloc_consolidate has merged the fast-bin chunks with their
/// neighbours (and with top), each free chunk c of s bytes loses the whole pages in
///
///     [alignUp(c + sizeof (struct malloc_chunk)), c + s)        sizeof (struct malloc_chunk) = 48
///
/// and systrim takes from the end of the main arena's top (t, up to brk) the pages in
///
///     [alignUp(t + MINSIZE + 1), brk)                            MINSIZE = 32
///
/// where it is brk that top ends at. As t and c are multiples of 16, both begin at the same page for the same address.
/// The top of a secondary arena stays.
///
/// On granules: a live chunk c of s bytes is booked as [c + 8, c + s + 8), so a granule without a live byte lies within
/// chunks that are free, or that a thread cache holds. Free neighbours are merged, so a maximal run of granules without
/// a live byte and without a cached chunk lies within one free chunk, and all of it is returned but for its first
/// granule, when the chunk's header begins less than 48 bytes before it, or on its first byte. The headers that the
/// interior lists are top's too, and those after consolidation but for what fast bins hold: where an arena has fast-bin
/// chunks, the first page of each of its runs is in doubt.
struct TrimModel {
    /// sizeof (struct malloc_chunk).
    private static let headerBytes: UInt64 = 48

    /// Granules that a cached chunk overlaps.
    private let cached: [Granules]
    private var nextCached = 0
    /// Addresses of headers, ascending.
    private let headers: [UInt64]
    private var nextHeader = 0

    init(_ interior: HeapInterior?) {
        cached = interior?.cached.map(\.granules).merged() ?? []
        headers = interior?.freeChunksAtPageStart.map(\.rawValue).sorted() ?? []
    }

    /// Calls `body` with the parts of a maximal run without a live byte, ascending, covering it whole.
    ///
    /// - Precondition: calls ascend, and `run` is not empty.
    mutating func forEachPart(of run: Granules, in heap: Heap, _ body: (_ part: Granules, _ fate: TrimFate) -> Void) {
        var position = run.lowerBound
        var end = run.upperBound
        // heap_info, and malloc_state in an arena's first heap: in use.
        if !heap.isMain, position == heap.granules.lowerBound {
            body(position..<position + 1, .kept)
            position += 1
        }
        // A heap that the arena has outgrown ends with fenceposts, which are in use (sysmalloc).
        let endsWithFencepost = !heap.isMain && heap.top == .elsewhere && end == heap.granules.upperBound
        if endsWithFencepost, position < end { end -= 1 }
        while position < end {
            while nextCached < cached.count, cached[nextCached].upperBound <= position { nextCached += 1 }
            let obstacle = nextCached < cached.count ? cached[nextCached] : end..<end
            if obstacle.lowerBound <= position, !obstacle.isEmpty {
                let partEnd = min(obstacle.upperBound, end)
                body(position..<partEnd, .kept)
                position = partEnd
            } else {
                let partEnd = min(obstacle.lowerBound, end)
                freeChunk(position..<partEnd, in: heap, body)
                position = partEnd
            }
        }
        if end < run.upperBound { body(end..<run.upperBound, .kept) }
    }

    /// The granules of one free chunk, or of a top.
    private mutating func freeChunk(_ part: Granules, in heap: Heap, _ body: (Granules, TrimFate) -> Void) {
        switch heap.top {
        case .begins(let address):
            if part.upperBound * Granule.bytes >= address, !heap.returnsTop { return body(part, .kept) }
        case .unknown:
            if !heap.isMain, part.upperBound == heap.granules.upperBound { return body(part, .keptPerhaps) }
        case .elsewhere:
            break
        }
        let second = part.lowerBound + 1
        if !heap.hasHeaders {
            body(part.lowerBound..<second, .returnedPerhaps)
        } else if losesPage(part.lowerBound) {
            body(part.lowerBound..<second, heap.hasFastChunks ? .keptPerhaps : .kept)
        } else if heap.hasFastChunks {
            body(part.lowerBound..<second, .returnedPerhaps)
        } else {
            return body(part, .returned)
        }
        if second < part.upperBound { body(second..<part.upperBound, .returned) }
    }

    /// Whether a free chunk, or a top, begins in (page - 48, page].
    private mutating func losesPage(_ granule: UInt64) -> Bool {
        let page = granule * Granule.bytes
        func isClose(_ header: UInt64) -> Bool { header <= page && page - header < Self.headerBytes }
        while nextHeader < headers.count, headers[nextHeader] < page, !isClose(headers[nextHeader]) { nextHeader += 1 }
        return nextHeader < headers.count && isClose(headers[nextHeader])
    }
}
