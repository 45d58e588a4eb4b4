/// How what is live of each stack moved since the process's books began.
///
/// The time that was seen is cut into whole intervals of one length, 8 to 15 of them from some seconds on, and a rest up to
/// the reading.
package struct SampledHistory: Hashable, Sendable, Codable {
    /// From the beginning to the reading.
    package var seconds: Double
    /// Of each whole interval.
    package var intervalSeconds: Double
    /// Of stacks of which anything is live.
    package var sites: [StackHistory]
    /// Of threads that allocate; `nil` where nothing is known of them.
    package var threads: StackHistory?
    /// The threads that run now, but for the main one.
    package var runningThreads: [RunningThread]

    package init(
        seconds: Double = 0, intervalSeconds: Double = 0, sites: [StackHistory] = [], threads: StackHistory? = nil,
        runningThreads: [RunningThread] = []
    ) {
        self.seconds = seconds
        self.intervalSeconds = intervalSeconds
        self.sites = sites
        self.threads = threads
        self.runningThreads = runningThreads
    }

    /// How many whole intervals there are.
    package var intervals: Int {
        guard intervalSeconds > 0, seconds.isFinite else { return 0 }
        return Int(min(max(seconds / intervalSeconds, 0), 64))
    }
}

/// What was born and what died of one stack.
package struct StackHistory: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable {
        /// Of sampled blocks, each with the bytes that it stands for.
        case blocks
        /// Of mappings of 1 MiB and more, in bytes.
        case mappings
        /// In threads.
        case threads
    }

    package var kind: Kind
    /// Index into `SampledHeap.stacks`; `nil`: it is of threads.
    package var stack: Int?
    package var born: Int
    package var died: Int
    /// What was live at the end of each whole interval.
    package var levels: [Double]

    package init(kind: Kind, stack: Int?, born: Int, died: Int = 0, levels: [Double] = []) {
        self.kind = kind
        self.stack = stack
        self.born = born
        self.died = died
        self.levels = levels
    }
}

/// A thread that runs at the time of the reading.
package struct RunningThread: Hashable, Sendable, Codable {
    /// Seconds since it was started.
    package var ageSeconds: Double
    /// `nil` where it is not known.
    package var threadPointer: Address?
    /// The function that it was started with; `nil` where it is not known.
    package var start: Frame?

    package init(ageSeconds: Double, threadPointer: Address? = nil, start: Frame? = nil) {
        self.ageSeconds = ageSeconds
        self.threadPointer = threadPointer
        self.start = start
    }
}
