/// The answer: every resident byte of one process under one cause, the verdict, and what to do.
package struct Report: Sendable, Codable {
    package var process: ProcessFacts
    /// Name and version of the allocator, `unknown` where there is no witness of the heap.
    package var allocator: String
    package var coverage: Coverage
    package var rss: ByteCount
    package var swap: ByteCount
    /// One row a cause, in the order of ``Cause``, rows of 0 bytes included. Sums to `rss` exactly.
    package var ledger: [LedgerRow]
    package var heap: HeapReport
    package var managed: Managed
    package var verdict: Verdict
    package var tunables: Tunables?
    package var reading: Reading
    /// Which code is behind the heap's rows; `nil` where there is no witness of the heap, or its samples were not
    /// looked at.
    package var sites: SiteReport?
    /// The code whose memory grows; `nil` where nothing was sampled, or its samples were not looked at.
    package var leaks: LeakReport?
    /// How the process moved before the reading, which is its last moment; `nil` where nobody saw it.
    package var history: History?
    /// Where it was heading; `nil` where too little was seen.
    package var trend: Trend?

    package init(
        process: ProcessFacts, allocator: String, coverage: Coverage, rss: ByteCount, swap: ByteCount,
        ledger: [LedgerRow], heap: HeapReport, managed: Managed, verdict: Verdict, tunables: Tunables?,
        reading: Reading, sites: SiteReport? = nil, leaks: LeakReport? = nil, history: History? = nil,
        trend: Trend? = nil
    ) {
        self.process = process
        self.allocator = allocator
        self.coverage = coverage
        self.rss = rss
        self.swap = swap
        self.ledger = ledger
        self.heap = heap
        self.managed = managed
        self.verdict = verdict
        self.tunables = tunables
        self.reading = reading
        self.sites = sites
        self.leaks = leaks
        self.history = history
        self.trend = trend
    }

    /// The resident bytes of one cause.
    package func bytes(_ cause: Cause) -> ByteCount {
        ledger.first { $0.cause == cause }?.bytes ?? 0
    }
}

/// How much of the process the books cover.
package struct Coverage: Hashable, Sendable, Codable {
    /// `shim`, or `none` where the heap has no witness.
    package var source: String
    /// Whether nothing is known to be missing: `degraded` is empty.
    package var complete: Bool { degraded.isEmpty }
    /// What is missing, one identifier each: `segment-missing`, `slots-exhausted`, `fork-inexact`, ….
    package var degraded: [String]

    package init(source: String, degraded: [String]) {
        self.source = source
        self.degraded = degraded
    }
}

/// The bytes of one cause.
package struct LedgerRow: Hashable, Sendable, Codable {
    package struct Owner: Hashable, Sendable, Codable {
        package var name: String
        package var bytes: ByteCount

        package init(name: String, bytes: ByteCount) {
            self.name = name
            self.bytes = bytes
        }
    }

    package var cause: Cause
    /// Resident.
    package var bytes: ByteCount
    /// In swap.
    package var swap: ByteCount
    /// Who it belongs to, largest first, where the cause is told apart by owner; sums to `bytes`.
    package var owners: [Owner]

    package init(cause: Cause, bytes: ByteCount, swap: ByteCount = 0, owners: [Owner] = []) {
        self.cause = cause
        self.bytes = bytes
        self.swap = swap
        self.owners = owners
    }
}

/// The heap in figures beside the ledger.
package struct HeapReport: Hashable, Sendable, Codable {
    /// Free bytes in runs of free pages up to a length.
    package struct FreeRuns: Hashable, Sendable, Codable {
        /// The longest run counted here; `nil` in the last entry, which has no limit.
        package var upTo: ByteCount?
        package var bytes: ByteCount

        package init(upTo: ByteCount?, bytes: ByteCount) {
            self.upTo = upTo
            self.bytes = bytes
        }
    }

    /// One arena; `resident = live + retained + kept + fragmented`.
    package struct Arena: Hashable, Sendable, Codable {
        package var isMain: Bool
        package var resident: ByteCount = 0
        package var live: ByteCount = 0
        package var retained: ByteCount = 0
        package var kept: ByteCount = 0
        package var fragmented: ByteCount = 0

        package init(isMain: Bool) { self.isMain = isMain }
    }

    /// Chunk bytes, headers included, of all live blocks, resident or not.
    package var live: ByteCount = 0
    package var liveBlocks: Int = 0
    /// Live bytes on pages that are not resident (never touched, or swapped out): not in RSS, so not a row.
    package var untouched: ByteCount = 0
    /// What `malloc_trim(0)` is predicted to return.
    package var predictedTrim: ByteCount = 0
    /// The truth lies between these two.
    package var predictedTrimRange: ClosedRange<ByteCount> = 0...0
    /// Ascending by length.
    package var freeRuns: [FreeRuns] = []
    /// The main arena first, then by resident bytes.
    package var arenas: [Arena] = []

    package init() {}
}

/// What the program declares that it holds; `nil` where it declares nothing.
package struct Managed: Hashable, Sendable, Codable {
    package var managed: ByteCount?
    package var spilled: ByteCount?
    /// RSS less what is managed.
    package var unmanaged: ByteCount
    /// The minimum of (RSS - managed) over the last 30 s: Dask's definition.
    package var unmanagedOld: ByteCount?
    /// `unmanaged - unmanagedOld`.
    package var unmanagedRecent: ByteCount?

    package init(
        managed: ByteCount? = nil, spilled: ByteCount? = nil, unmanaged: ByteCount, unmanagedOld: ByteCount? = nil,
        unmanagedRecent: ByteCount? = nil
    ) {
        self.managed = managed
        self.spilled = spilled
        self.unmanaged = unmanaged
        self.unmanagedOld = unmanagedOld
        self.unmanagedRecent = unmanagedRecent
    }
}

/// The one principal cause of the unmanaged memory, and what to do about it.
package struct Verdict: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// Little is wasted; what is resident is in use.
        case healthy
        /// Freed pages that `malloc_trim(0)` would return.
        case retention
        /// Free bytes on pages that live blocks pin.
        case fragmentation
        /// Per-thread memory: free pages that secondary arenas keep, or thread stacks.
        case threads
        /// Live heap that grew through the whole observation and never shrank.
        case leak
        /// Live heap that the program does not declare.
        case taskHeap = "task-heap"
        /// Anonymous memory that the program mapped itself.
        case mappings
        /// Memory that the Python interpreter's own allocator mapped.
        case python
        /// Shared memory.
        case shared
        /// Nothing is known of the heap.
        case unknown
    }

    package struct Remedy: Hashable, Sendable, Codable {
        package enum Kind: String, Sendable, Codable {
            /// Done to the running process.
            case now
            /// A setting or a change that keeps it from coming back.
            case lasting
        }

        package var kind: Kind
        /// One imperative sentence, with the setting and its value.
        package var action: String
        /// What it is predicted to return; `nil` where that cannot be said.
        package var predicted: ByteCount?

        package init(kind: Kind, action: String, predicted: ByteCount?) {
            self.kind = kind
            self.action = action
            self.predicted = predicted
        }
    }

    package var kind: Kind
    package var bytes: ByteCount
    /// `bytes` as a share of RSS, 0...1.
    package var share: Double
    /// One sentence with figures.
    package var summary: String
    package var remedies: [Remedy]

    package init(kind: Kind, bytes: ByteCount, share: Double, summary: String, remedies: [Remedy]) {
        self.kind = kind
        self.bytes = bytes
        self.share = share
        self.summary = summary
        self.remedies = remedies
    }
}
