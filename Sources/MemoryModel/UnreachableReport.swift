/// What a proof of leaks came to: the blocks that nothing in the process leads to.
package struct UnreachableReport: Sendable, Codable {
    /// How many blocks, and what the program asked for in them.
    package struct Tally: Hashable, Sendable, Codable {
        package var blocks: Int
        package var bytes: ByteCount

        package init(blocks: Int = 0, bytes: ByteCount = 0) {
            self.blocks = blocks
            self.bytes = bytes
        }

        package static func += (left: inout Tally, right: Tally) {
            left.blocks += right.blocks
            left.bytes += right.bytes
        }
    }

    /// Leaked blocks of one stack.
    package struct Group: Hashable, Sendable, Codable {
        /// Whether nothing at all leads to them; `false`: only other leaked blocks do.
        package var isDirect: Bool
        package var tally: Tally
        /// Innermost first, without the allocator's; empty where no stack was taken.
        package var frames: [Frame]
        /// Index of the frame that a person would name; those before it are helpers'.
        package var site = 0
        /// Whether frames are missing at its outer end.
        package var isCut: Bool

        package init(isDirect: Bool, tally: Tally, frames: [Frame], isCut: Bool = false) {
            self.isDirect = isDirect
            self.tally = tally
            self.frames = frames
            self.isCut = isCut
        }

        /// The frame that a person would name, and its callers.
        package var siteFrames: ArraySlice<Frame> { frames.dropFirst(site) }
    }

    /// What a pattern of the user's took out of the report.
    package struct Suppressed: Hashable, Sendable, Codable {
        package var pattern: String
        package var tally: Tally

        package init(pattern: String, tally: Tally) {
            self.pattern = pattern
            self.tally = tally
        }
    }

    package var process: ProcessFacts
    /// Largest first.
    package var groups: [Group]
    package var suppressed: [Suppressed] = []
    /// What the program itself wants suppressed (`__lsan_default_suppressions`), in LeakSanitizer's syntax.
    package var ownSuppressions: String = ""
    /// Live blocks, as the books count them: in bytes of chunks.
    package var live: Tally
    /// Blocks that roots lead to.
    package var reachable: Tally
    /// Blocks that only memory of the heap leads to of which nothing is known.
    package var undecided: Tally
    /// Whether every live block was looked at, and nothing had to be taken for a root for want of knowledge.
    package var isComplete: Bool
    /// How long the process was held still.
    package var heldSeconds: Double
    /// Why it is less than complete, one identifier each.
    package var degraded: [String]
    /// Further groups that were not kept, and what they hold.
    package var further: Tally = Tally()

    package init(
        process: ProcessFacts, groups: [Group], live: Tally, reachable: Tally, undecided: Tally = Tally(),
        isComplete: Bool, heldSeconds: Double = 0, degraded: [String] = []
    ) {
        self.process = process
        self.groups = groups
        self.live = live
        self.reachable = reachable
        self.undecided = undecided
        self.isComplete = isComplete
        self.heldSeconds = heldSeconds
        self.degraded = degraded
    }

    /// All that is proved to be leaked, but for what is suppressed.
    package var leaked: Tally { total { _ in true } }
    package var direct: Tally { total { $0.isDirect } }
    package var indirect: Tally { total { !$0.isDirect } }

    private func total(_ condition: (Group) -> Bool) -> Tally {
        groups.filter(condition).reduce(into: Tally()) { $0 += $1.tally }
    }

    /// Of the live blocks, the share whose fate is known.
    package var decidedShare: Double {
        guard live.blocks > 0 else { return 1 }
        var decided = reachable
        decided += leaked
        decided += further
        for item in suppressed { decided += item.tally }
        return min(1, Double(decided.blocks) / Double(live.blocks))
    }
}

/// What `silt run --leaks` found in one process of a command.
package struct LeakRun: Sendable, Codable {
    package enum Outcome: Sendable, Codable {
        case proved(UnreachableReport)
        /// Why there is no proof, in a sentence.
        case failed(ProcessFacts, reason: String)
    }

    package var command: [String]
    package var processes: [Outcome]

    package init(command: [String], processes: [Outcome]) {
        self.command = command
        self.processes = processes
    }

    /// Whether anything is leaked in any process.
    package var hasLeaks: Bool {
        processes.contains { if case .proved(let report) = $0 { !report.groups.isEmpty } else { false } }
    }
}
