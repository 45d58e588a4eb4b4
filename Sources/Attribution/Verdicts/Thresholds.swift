import MemoryModel

/// From where on something is worth a verdict.
enum Thresholds {
    /// Free heap below this share of RSS is what any allocator needs to work: glibc's own bins, a top between two
    /// trims, partly filled pages.
    static let wasteShare = 0.15
    /// Free heap below this is not worth anybody's time, whatever its share.
    static let wasteBytes = ByteCount.mebibytes(8)

    /// A shorter observation sees a program start, not grow.
    static let leakSeconds = 1.0
    /// A leak goes on: of a steady one a quarter comes in the last quarter of the time, of data that is loaded at the
    /// start nothing. Less than this part is the latter.
    static let leakRecentPart = 10
    /// Live heap that doubled is growth in a small process …
    static let leakFactor = 2.0
    /// … and so is this much in a large one, which will not double before it is killed.
    static let leakBytes = ByteCount.mebibytes(64)
    /// What grew must be what the process consists of, or something else is to blame for its size.
    static let leakLiveShare = 0.5
    /// Doubling from next to nothing is a start; the same floor as for waste.
    static let leakFloor = ByteCount.mebibytes(8)

    /// What is neither heap nor file is the principal cause where it is most of RSS …
    static let principalShare = 0.5
    /// … and more than interpreters and runtimes map at their start.
    static let principalBytes = ByteCount.mebibytes(16)

    /// A trim that returns less than this share of RSS is not worth its pause.
    static let trimShare = 0.01

    /// From this many secondary arenas on, their number is the cause, and MALLOC_ARENA_MAX=2 the remedy.
    static let manyArenas = 3
}
