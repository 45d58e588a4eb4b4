/// The code that the heap's rows come down to: an answer for each of three questions, estimated from samples.
package struct SiteReport: Sendable, Codable {
    /// Mean distance between samples, in bytes of chunks; 0: nothing was sampled.
    package var mean: Int
    package var holds: SiteAnswer
    package var pins: SiteAnswer
    package var left: SiteAnswer
    /// The program's own mappings of 1 MiB and more, by the code that mapped them. Exact, largest first.
    package var mappings: [MappingSite]
    /// Samples that the table had no room for: their blocks are in no estimate.
    package var dropped: Int
    /// Why names are missing, one identifier each: `sampling-off`, `no-unwinder`, `stacks-full`, ….
    package var degraded: [String]

    package init(
        mean: Int = 0, holds: SiteAnswer = SiteAnswer(.holds), pins: SiteAnswer = SiteAnswer(.pins),
        left: SiteAnswer = SiteAnswer(.left), mappings: [MappingSite] = [], dropped: Int = 0, degraded: [String] = []
    ) {
        self.mean = mean
        self.holds = holds
        self.pins = pins
        self.left = left
        self.mappings = mappings
        self.dropped = dropped
        self.degraded = degraded
    }

    package subscript(question: SiteAnswer.Question) -> SiteAnswer {
        get {
            switch question {
            case .holds: holds
            case .pins: pins
            case .left: left
            }
        }
        set {
            switch question {
            case .holds: holds = newValue
            case .pins: pins = newValue
            case .left: left = newValue
            }
        }
    }
}

/// An unbiased estimate of a sum, in bytes or in blocks.
package struct Estimate: Hashable, Sendable, Codable {
    package var value: Int
    /// Two standard errors, more where few samples tell: the truth is within `value ± error` in about 95 of 100 readings.
    package var error: Int

    package init(_ value: Int = 0, error: Int = 0) {
        self.value = value
        self.error = error
    }

    /// Where it estimates bytes.
    package var bytes: ByteCount { ByteCount(value) }
    /// Where it estimates bytes.
    package var errorBytes: ByteCount { ByteCount(error) }
}

/// One row of the heap, divided among the code that is behind it.
package struct SiteAnswer: Sendable, Codable {
    package enum Question: String, CaseIterable, Sendable, Codable {
        /// Who holds it: live bytes, resident or not, by the code that allocated them. Explains `HeapReport.live`.
        case holds
        /// Who pins it: the free bytes of each page, divided among its live blocks by their bytes on it. Explains
        /// `heap.fragmented`.
        case pins
        /// Who left it: free pages, by the code that allocated what was freed there last. Explains `heap.retained` and
        /// `heap.kept`.
        case left
    }

    package enum Grouping: String, CaseIterable, Sendable, Codable {
        /// The innermost frame that is not a helper of an allocator or of a container.
        case site
        case stack
        /// Name of the thread that allocated.
        case thread
        /// Text of the tag that was set.
        case tag
        /// Time since the allocation; for what was left, since it was freed.
        case age
    }

    package var question: Question
    package var grouping: Grouping
    /// What there is to explain, in bytes: exact, from the books.
    package var total: ByteCount
    /// What the samples say that `total` is, in bytes.
    package var estimate: Estimate
    /// How much of `estimate` has no stack, in bytes.
    package var withoutStack: Estimate
    /// Samples that count in `estimate`.
    package var samples: Int
    /// Largest first, no more than were asked for. What has no stack is one of them.
    package var groups: [SiteGroup]
    /// How many there are.
    package var groupCount: Int

    package init(
        _ question: Question, by grouping: Grouping = .site, total: ByteCount = 0, estimate: Estimate = Estimate(),
        withoutStack: Estimate = Estimate(), samples: Int = 0, groups: [SiteGroup] = [], groupCount: Int? = nil
    ) {
        self.question = question
        self.grouping = grouping
        self.total = total
        self.estimate = estimate
        self.withoutStack = withoutStack
        self.samples = samples
        self.groups = groups
        self.groupCount = groupCount ?? groups.count
    }

    /// The part of the estimate that has no stack, 0...1.
    package var shareWithoutStack: Double { withoutStack.bytes.share(of: estimate.bytes) }
}

/// What one site, stack, thread, tag or age has of an answer.
package struct SiteGroup: Hashable, Sendable, Codable {
    /// Of a thread, a tag or an age; empty for a site or a stack, which its frames name.
    package var name: String
    /// Of a site: its frame, and the callers on its heaviest stack. Of a stack: all. Of anything else: its heaviest
    /// site and callers. Empty where there is no stack.
    package var frames: [Frame]
    /// In bytes, of what the question asks for.
    package var bytes: Estimate
    /// Blocks that are behind `bytes`.
    package var blocks: Estimate
    /// Who pins: the live bytes of these blocks themselves.
    package var live: Estimate?
    /// Who left it: the part of `bytes` that trimming would not return.
    package var kept: Estimate?
    package var freed: Freed?
    package var samples: Int

    /// Who left it: when its blocks were freed, in seconds before the reading.
    package struct Freed: Hashable, Sendable, Codable {
        /// As many bytes were freed before as after.
        package var medianSeconds: Double
        package var latestSeconds: Double

        package init(medianSeconds: Double, latestSeconds: Double) {
            self.medianSeconds = medianSeconds
            self.latestSeconds = latestSeconds
        }
    }

    package init(
        name: String = "", frames: [Frame] = [], bytes: Estimate = Estimate(), blocks: Estimate = Estimate(),
        live: Estimate? = nil, kept: Estimate? = nil, freed: Freed? = nil, samples: Int = 0
    ) {
        self.name = name
        self.frames = frames
        self.bytes = bytes
        self.blocks = blocks
        self.live = live
        self.kept = kept
        self.freed = freed
        self.samples = samples
    }
}

/// Mappings of the program's own by the code that made them. Exact.
package struct MappingSite: Hashable, Sendable, Codable {
    /// The site's frame, and its callers.
    package var frames: [Frame]
    /// Resident bytes, of those in the row `mappings`.
    package var bytes: ByteCount
    package var count: Int

    package init(frames: [Frame], bytes: ByteCount, count: Int) {
        self.frames = frames
        self.bytes = bytes
        self.count = count
    }
}
