import MemoryModel

/// Resident bytes of heap granules without a live byte, by what trimming does with them.
struct TrimTally: Hashable {
    var returned = 0
    var returnedPerhaps = 0
    var keptPerhaps = 0
    var kept = 0

    mutating func add(_ bytes: Int, _ fate: TrimFate) {
        switch fate {
        case .returned: returned += bytes
        case .returnedPerhaps: returnedPerhaps += bytes
        case .keptPerhaps: keptPerhaps += bytes
        case .kept: kept += bytes
        }
    }

    /// `returned + returnedPerhaps`.
    var predicted: Int { returned + returnedPerhaps }

    /// Where the truth lies:
    ///
    ///     lower = max(0, returned - heaps * page - moved pages - caches)
    ///     upper = min(resident heap bytes, returned + returnedPerhaps + keptPerhaps + moved pages)
    ///
    /// - `heaps * page`: fenceposts that a foreign sbrk left hold a page.
    /// - `moved pages`: of what changed hands during the reading, each chunk can pin or free a page; the smallest has
    ///   32 bytes (MINSIZE), so `moved / 32` pages.
    /// - `caches`: where cached chunks are not known, see ``cacheBytesPerThread`` for every thread; else 0.
    ///
    /// - Parameter resident: resident bytes of all heaps.
    func range(heaps: Int, resident: Int, moved: ByteCount, threadsWithUnknownCaches: Int) -> ClosedRange<ByteCount> {
        let movedChunks = max(moved.rawValue, 0) / Self.smallestChunk
        let movedBytes = min(movedChunks, resident / granuleBytes) * granuleBytes
        let threads = min(max(threadsWithUnknownCaches, 0), Self.maximumThreads)
        let doubt = heaps * granuleBytes + movedBytes + threads * Self.cacheBytesPerThread
        let lower = max(0, returned - doubt)
        let upper = min(resident, predicted + keptPerhaps + movedBytes)
        return ByteCount(lower)...ByteCount(upper)
    }

    /// MINSIZE of malloc/malloc.c.
    private static let smallestChunk = 32

    /// PID_MAX_LIMIT, include/linux/threads.h: 2^22.
    private static let maximumThreads = 1 << 22

    /// What a thread cache can keep from being returned: TCACHE_FILL_COUNT (7) chunks in each of TCACHE_MAX_BINS (64)
    /// sizes up to 1040 bytes, and the cache itself. Each lies on one page or two, or lies on one and ends so close to
    /// the next that the header of the free chunk behind it holds that: two pages a chunk at most.
    ///
    ///     (7 * 64 + 1) * 2 pages = 3.5 MiB
    static let cacheBytesPerThread = (7 * 64 + 1) * 2 * granuleBytes
}
