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

    /// A course wants so many moments, one for each of the six parts that it is looked at in …
    static let trendMoments = 6
    /// … over so many seconds: fewer of either show a program starting.
    static let trendSeconds = 5.0
    /// What moves less than this much of its level has not moved: caches and buffers breathe, and the kernel's counter of
    /// RSS lags behind …
    static let flatTolerance = 0.02
    /// … nor what moves less than this: half of a distance between two samples, which are the looks at a process.
    static let flatBytes = ByteCount.kibibytes(256)
    /// Flat is what has not moved for this part of the time that was seen; shorter, it is a pause of what comes and goes.
    static let flatShare = 0.1
    /// Times over which growth is looked for, the longest first: a process that was flat for a day can have begun to grow
    /// an hour ago. In seconds: as the history is long, and tenths of that.
    static let horizons = [172_800.0, 21_600, 3_600, 600, 60]
    /// Of growth, the least in a part of the time may fall back by this part of the whole.
    static let growthDrops = 0.1
    /// Growth goes on: of a steady one two fifths come in the last two of six parts, of a cache that fills with ever fewer
    /// misses less than half of that, once it is nine tenths full.
    static let growthRecentPart = 0.2
    /// Growth that held through six parts of a time is worth a verdict when it is this part of what is live now; or as
    /// much as in a large process (`leakBytes`), when it held for half of the time that was seen: the end of a long filling
    /// looks like growth to who sees the end only.
    static let growthShare = 0.1
    /// Dask's: what has been unmanaged for so long is old.
    static let recentSeconds = 30.0

    /// What is neither heap nor file is the principal cause where it is most of RSS …
    static let principalShare = 0.5
    /// … and more than interpreters and runtimes map at their start.
    static let principalBytes = ByteCount.mebibytes(16)

    /// A trim that returns less than this share of RSS is not worth its pause.
    static let trimShare = 0.01

    /// From this many secondary arenas on, their number is the cause, and MALLOC_ARENA_MAX=2 the remedy.
    static let manyArenas = 3
}
