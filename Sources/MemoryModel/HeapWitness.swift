/// What is known of a heap, whoever told: the shim's segment, or a walk of the allocator's own arenas.
package struct HeapWitness: Sendable, Codable {
    /// Name and version as the report shows it: `glibc 2.36`.
    package var allocator: String
    /// Whether it is glibc's malloc, whose arenas, tops and trimming are understood.
    package var isGlibc: Bool
    /// Chunk bytes, headers included, of all live blocks, resident or not.
    package var liveBytes: ByteCount
    package var liveBlocks: Int
    /// Live bytes of every granule, but for ``blocks``.
    package var ledger: PageLedger
    /// Live blocks with a mapping of their own (mmapped chunks), whole extents, ascending and disjoint. Not in the ledger.
    package var blocks: [AddressRange]
    /// Where the heaps of secondary arenas begin (64 MiB aligned), ascending.
    package var arenaHeaps: [Address]
    /// Anonymous memory that the program mapped itself, ascending and disjoint.
    package var ownMappings: [OwnedRange]
    /// The thread pointer of every thread that was ever seen; the mapping around each is a stack.
    package var threadPointers: [Address]
    /// The thread pointer of the main thread: the mapping around it is the loader's, not a stack.
    package var mainThreadPointer: Address?
    /// Memory of the observer itself, other than its library's file mappings.
    package var observer: [AddressRange]
    /// The path of the observer's library in maps.
    package var observerLibrary: String
    package var tunables: Tunables
    /// What the target's own memory told; `nil` where it may not be read.
    package var interior: HeapInterior?
    /// The sampled allocations; `nil` where none were taken, or not looked at.
    package var sampled: SampledHeap?
    /// How the process moved before the reading; `nil` where the witness keeps no history.
    package var history: History?
    /// Whether samples were not looked for, or are kept elsewhere: then their absence tells nothing.
    package var leavesOutSamples = false

    package init(
        allocator: String = "glibc 2.36", isGlibc: Bool = true, liveBytes: ByteCount = 0, liveBlocks: Int = 0,
        ledger: PageLedger = PageLedger(spans: []), blocks: [AddressRange] = [], arenaHeaps: [Address] = [],
        ownMappings: [OwnedRange] = [], threadPointers: [Address] = [], mainThreadPointer: Address? = nil,
        observer: [AddressRange] = [], observerLibrary: String = "", tunables: Tunables = Tunables(),
        interior: HeapInterior? = nil, sampled: SampledHeap? = nil, history: History? = nil
    ) {
        self.allocator = allocator
        self.isGlibc = isGlibc
        self.liveBytes = liveBytes
        self.liveBlocks = liveBlocks
        self.ledger = ledger
        self.blocks = blocks
        self.arenaHeaps = arenaHeaps
        self.ownMappings = ownMappings
        self.threadPointers = threadPointers
        self.mainThreadPointer = mainThreadPointer
        self.observer = observer
        self.observerLibrary = observerLibrary
        self.tunables = tunables
        self.interior = interior
        self.sampled = sampled
        self.history = history
    }
}

/// A range of anonymous memory and the module whose code mapped it.
package struct OwnedRange: Hashable, Sendable, Codable {
    package var range: AddressRange
    /// The path of the module that called mmap, or empty where it is no longer mapped.
    package var owner: String

    package init(range: AddressRange, owner: String) {
        self.range = range
        self.owner = owner
    }
}

/// The settings of glibc's malloc that are in effect, as far as the shim could follow them.
package struct Tunables: Hashable, Sendable, Codable {
    /// Requests of at least this many bytes get a mapping of their own.
    package var mmapThreshold: ByteCount
    /// The main arena's top is given back at `free` beyond this many bytes.
    package var trimThreshold: ByteCount
    /// Whether freeing an mmapped block still moves both thresholds (no setting of the user's has fixed them).
    package var isDynamic: Bool
    /// The module whose `free` raised the threshold to its present value, or empty where none did.
    package var raisedBy: String
    /// `malloc_trim` calls that the program made.
    package var trimCalls: Int

    package init(
        mmapThreshold: ByteCount = .kibibytes(128), trimThreshold: ByteCount = .kibibytes(128), isDynamic: Bool = true,
        raisedBy: String = "", trimCalls: Int = 0
    ) {
        self.mmapThreshold = mmapThreshold
        self.trimThreshold = trimThreshold
        self.isDynamic = isDynamic
        self.raisedBy = raisedBy
        self.trimCalls = trimCalls
    }
}

/// What can be known of glibc's arenas only from the target's own memory.
package struct HeapInterior: Hashable, Sendable, Codable {
    /// One arena: the main one, or a secondary one with all its heaps.
    package struct Arena: Hashable, Sendable, Codable {
        package var isMain: Bool
        /// Used parts of its heaps, headers included; for the main arena the brk heap.
        package var heaps: [AddressRange]
        /// The top chunk: free, and the only part that grows. `nil` where it could not be read.
        package var top: AddressRange?
        /// Whether its fast bins hold chunks: trimming merges these with their neighbours first, so that nobody can tell
        /// for sure where its free chunks will begin.
        package var hasFastChunks: Bool

        package init(isMain: Bool, heaps: [AddressRange], top: AddressRange?, hasFastChunks: Bool = false) {
            self.isMain = isMain
            self.heaps = heaps
            self.top = top
            self.hasFastChunks = hasFastChunks
        }
    }

    package var arenas: [Arena]
    /// Chunks that the program freed and a thread cache holds, and the caches themselves: in use to the allocator, not
    /// live by the books. Whole chunks, ascending and disjoint.
    package var cached: [AddressRange]
    /// Headers of free chunks (address of the `prev_size` field) that begin fewer than 48 bytes before a page without
    /// a live byte, or on its first byte: `malloc_trim` leaves that page alone. Ascending.
    package var freeChunksAtPageStart: [Address]

    package init(arenas: [Arena], cached: [AddressRange], freeChunksAtPageStart: [Address]) {
        self.arenas = arenas
        self.cached = cached
        self.freeChunksAtPageStart = freeChunksAtPageStart
    }
}
