/// What the sampled allocations tell of a heap: who holds it, and who left what was freed.
///
/// Each allocation of `c` chunk bytes was sampled with probability `p = 1 - exp(-c / mean)`, whoever made it (Poisson
/// sampling by bytes). A sample therefore stands for `1 / p` blocks like it, and every sum over samples weighted so is
/// unbiased (the Horvitz-Thompson estimator; D. Horvitz, D. Thompson, JASA 47, 1952).
package struct SampledHeap: Sendable, Codable {
    /// Mean distance between samples, in bytes of chunks; 1: every allocation is a sample.
    package var mean: Int
    /// Blocks that the program holds.
    package var live: [HeapSample]
    /// Places that the program freed and nobody has used since.
    package var left: [HeapSample]
    /// Mappings of the program's own, of 1 MiB and more, that have a stack.
    package var mappings: [SampledMapping]
    /// By `HeapSample.stack`.
    package var stacks: [SampledStack]
    /// By `HeapSample.tag`.
    package var tags: [String]
    /// The build-ids of the files that frames lie in, in hexadecimal digits, by ``Frame/module``.
    package var buildIDs: [String: String]
    /// How what is live of each stack moved; `nil` where the shim did not keep it.
    package var history: SampledHistory?
    /// Names of the threads that still run, by their number.
    package var threadNames: [Int: String]
    /// `CLOCK_MONOTONIC` when the samples were read, in nanoseconds.
    package var readAt: UInt64
    /// Samples that the table had no room for: their blocks are in no estimate.
    package var dropped: Int
    /// Samples whose stack could not be kept or taken: they count, without a name.
    package var withoutStack: Int
    /// Why names are missing, one identifier each: `no-unwinder`, `stacks-full`, `python-unknown`, ….
    package var degraded: [String]

    package init(
        mean: Int = 512 << 10, live: [HeapSample] = [], left: [HeapSample] = [], mappings: [SampledMapping] = [],
        stacks: [SampledStack] = [], tags: [String] = [], buildIDs: [String: String] = [:],
        threadNames: [Int: String] = [:], readAt: UInt64 = 0, dropped: Int = 0, withoutStack: Int = 0,
        degraded: [String] = []
    ) {
        self.mean = mean
        self.live = live
        self.left = left
        self.mappings = mappings
        self.stacks = stacks
        self.tags = tags
        self.buildIDs = buildIDs
        self.threadNames = threadNames
        self.readAt = readAt
        self.dropped = dropped
        self.withoutStack = withoutStack
        self.degraded = degraded
    }
}

/// One sampled block: live, or what a freed one left.
package struct HeapSample: Hashable, Sendable, Codable {
    /// Where the chunk begins; of a freed block one of its bytes, drawn evenly: the page that this byte lies on speaks for
    /// `bytes / points` bytes of the block.
    package var address: Address
    /// The whole chunk, headers included. Decides the sample's weight.
    package var bytes: ByteCount
    /// What the program asked for.
    package var request: ByteCount
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    package var born: UInt64
    /// The same; `nil` while it is live.
    package var freed: UInt64?
    /// The number of the thread that allocated it, as the kernel knows it in the process's own namespace; 0: unknown.
    package var thread: Int
    /// Index into `SampledHeap.stacks`; `nil`: it has none.
    package var stack: Int?
    /// Index into `SampledHeap.tags`; `nil`: none was set.
    package var tag: Int?
    /// How many points stand for a freed block together; 1 for a live one.
    package var points: Int

    package init(
        address: Address, bytes: ByteCount, request: ByteCount? = nil, born: UInt64 = 0, freed: UInt64? = nil,
        thread: Int = 0, stack: Int? = nil, tag: Int? = nil, points: Int = 1
    ) {
        self.address = address
        self.bytes = bytes
        self.request = request ?? bytes
        self.born = born
        self.freed = freed
        self.thread = thread
        self.stack = stack
        self.tag = tag
        self.points = points
    }
}

/// A mapping that the program made itself, with the stack of the call.
package struct SampledMapping: Hashable, Sendable, Codable {
    package var range: AddressRange
    /// Index into `SampledHeap.stacks`.
    package var stack: Int

    package init(range: AddressRange, stack: Int) {
        self.range = range
        self.stack = stack
    }
}

/// A stack, innermost frame first, without the frames of the shim and the allocator.
package struct SampledStack: Hashable, Sendable, Codable {
    package var frames: [Frame]
    /// Whether frames are missing at its outer end: it was deeper than the shim records.
    package var isCut: Bool

    package init(frames: [Frame], isCut: Bool = false) {
        self.frames = frames
        self.isCut = isCut
    }
}
