/// What `silt run --record` kept of a command: how each of its processes moved, and a whole report at the moments that
/// matter.
package struct Recording: Sendable {
    /// How the command ended.
    package struct End: Hashable, Sendable {
        package enum Status: Hashable, Sendable {
            case exited(Int)
            case signaled(Int)
        }

        /// Since the command was started.
        package var seconds: Double
        package var status: Status

        package init(seconds: Double, status: Status) {
            self.seconds = seconds
            self.status = status
        }
    }

    /// silt's own version.
    package var version: String
    package var command: [String]
    /// What a comparison with another recording depends on, by name: `kernel`, `libc`, `cores`, `MALLOC_ARENA_MAX`, ….
    /// Ascending by name.
    package var environment: [RecordedFact]
    /// When the command was started, in seconds since 1970.
    package var startedAt: Double
    /// Between two looks at a process, as asked for; longer where a look is not cheap.
    package var intervalSeconds: Double
    /// In the order in which they were first seen.
    package var processes: [RecordedProcess]
    /// `nil` where the recording was cut off before the command ended.
    package var end: End?
    /// What is missing, one identifier each: `cut-off`, `disk-full`, `processes-full`, ….
    package var degraded: [String]

    package init(
        version: String = "", command: [String], environment: [RecordedFact] = [], startedAt: Double = 0,
        intervalSeconds: Double = 0.1, processes: [RecordedProcess] = [], end: End? = nil, degraded: [String] = []
    ) {
        self.version = version
        self.command = command
        self.environment = environment
        self.startedAt = startedAt
        self.intervalSeconds = intervalSeconds
        self.processes = processes
        self.end = end
        self.degraded = degraded
    }
}

/// One process of a recording: a program image, from its first look to its last.
package struct RecordedProcess: Sendable {
    /// Its place in ``Recording/processes``.
    package var index: Int
    /// As silt saw it.
    package var pid: Int
    /// The pid of the process that it was forked from, where that is known.
    package var parent: Int?
    package var command: [String]
    /// Whether it carries the library. Of one that does not there are looks at its RSS, and nothing else.
    package var isCovered: Bool
    /// Since the command was started.
    package var startSeconds: Double
    /// When it was seen to have ended; `nil` where it was not.
    package var endSeconds: Double?
    /// How its last reading came about; `nil` where there is none yet.
    package var ending: ProcessRun.Ending?
    /// The kernel's high-water mark of RSS, as far as it was seen.
    package var highWater: ByteCount
    package var series: LedgerSeries
    /// By time.
    package var moments: [RecordedMoment]

    /// Whether it never came to carry the library. On a busy machine a program may be half a second about loading it.
    package var staysUncovered: Bool { !isCovered && ending != .exec }

    package init(
        index: Int, pid: Int, parent: Int? = nil, command: [String], isCovered: Bool = true, startSeconds: Double = 0,
        endSeconds: Double? = nil, ending: ProcessRun.Ending? = nil, highWater: ByteCount = 0,
        series: LedgerSeries = LedgerSeries(), moments: [RecordedMoment] = []
    ) {
        self.index = index
        self.pid = pid
        self.parent = parent
        self.command = command
        self.isCovered = isCovered
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
        self.ending = ending
        self.highWater = highWater
        self.series = series
        self.moments = moments
    }
}
