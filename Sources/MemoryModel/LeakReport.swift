/// The code whose memory grows, ranked by evidence.
package struct LeakReport: Hashable, Sendable, Codable {
    /// How long growth was seen: since the books began.
    package var seconds: Double
    /// The part of it that growth and rates are taken over: about its second half.
    package var growthSeconds: Double
    /// From how many seconds on anything is judged.
    package var leastSeconds: Double
    /// Sites, mappings' sites and kinds of threads that were judged.
    package var judged: Int
    /// No more than were asked for, the strongest evidence first.
    package var groups: [LeakGroup]
    /// How many are named.
    package var groupCount: Int

    package init(
        seconds: Double = 0, growthSeconds: Double = 0, leastSeconds: Double = 0, judged: Int = 0,
        groups: [LeakGroup] = [], groupCount: Int? = nil
    ) {
        self.seconds = seconds
        self.growthSeconds = growthSeconds
        self.leastSeconds = leastSeconds
        self.judged = judged
        self.groups = groups
        self.groupCount = groupCount ?? groups.count
    }

    /// Whether too little was seen to judge anything.
    package var isTooEarly: Bool { seconds < leastSeconds }
}

/// One site, or one kind of threads, and the evidence against it.
package struct LeakGroup: Hashable, Sendable, Codable {
    package enum Word: String, Sendable, Codable, CaseIterable {
        /// Proved to be unreachable. Statistics never say it.
        case leaked
        /// It holds more and more, until now: a cache, a queue, or a leak.
        case growing
        /// It grew, and what it holds stays, but it does not grow steadily until now.
        case suspect
    }

    package enum Kind: String, Sendable, Codable, CaseIterable {
        case heap, mappings, threads
    }

    package var word: Word
    package var kind: Kind
    /// The site's frame, and its callers; of threads the function that they were started with.
    package var frames: [Frame]
    /// Heap: live bytes. Mappings: what is mapped, exact. Threads: resident bytes of their stacks, exact.
    package var bytes: Estimate
    /// By how many bytes it grew over ``LeakReport/growthSeconds``; of threads, by how many threads.
    package var growth: Estimate
    /// 0...1; see the page Leaks.
    package var score: Double
    /// The age of the oldest that is live; `nil` where it is not known (mappings).
    package var oldestSeconds: Double?
    /// Heap: live samples. Mappings: how many there are. Threads: how many run.
    package var count: Int

    package init(
        word: Word, kind: Kind = .heap, frames: [Frame] = [], bytes: Estimate = Estimate(),
        growth: Estimate = Estimate(), score: Double = 0, oldestSeconds: Double? = nil, count: Int = 0
    ) {
        self.word = word
        self.kind = kind
        self.frames = frames
        self.bytes = bytes
        self.growth = growth
        self.score = score
        self.oldestSeconds = oldestSeconds
        self.count = count
    }
}
