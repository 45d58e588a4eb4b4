/// One command under several settings of its allocator.
package struct Comparison: Sendable {
    /// A figure of several runs.
    package struct Figure: Hashable, Sendable {
        package var median: Int
        package var lowest: Int
        package var highest: Int

        /// `nil` of none. Of an even number the median is the lower one of the two: a value that was seen.
        package init?(_ values: [Int]) {
            let sorted = values.sorted()
            guard let first = sorted.first, let last = sorted.last else { return nil }
            (lowest, highest) = (first, last)
            median = sorted[(sorted.count - 1) / 2]
        }

        package var spread: Int { highest - lowest }
    }

    /// What one run came to.
    package struct Run: Hashable, Sendable {
        /// The most that was resident at one time.
        package var peak: ByteCount
        /// What was resident at the last reading of each process.
        package var final: ByteCount
        package var retained: ByteCount
        package var fragmented: ByteCount
        package var seconds: Double

        package init(peak: ByteCount, final: ByteCount, retained: ByteCount, fragmented: ByteCount, seconds: Double) {
            self.peak = peak
            self.final = final
            self.retained = retained
            self.fragmented = fragmented
            self.seconds = seconds
        }
    }

    /// One setting, and what the command did under it.
    package struct Setting: Sendable {
        package var name: String
        /// `NAME=VALUE`, as a person would set it.
        package var environment: [String]
        package var runs: [Run] = []
        /// What went wrong in a run, in a few words: `exit 3`, `not loaded`.
        package var failure: String?
        /// Whether glibc's malloc served it, whose retained pages are known.
        package var isGlibc = true

        package init(name: String, environment: [String] = []) {
            self.name = name
            self.environment = environment
        }

        package var peak: Figure? { Figure(runs.map(\.peak.rawValue)) }
        package var final: Figure? { Figure(runs.map(\.final.rawValue)) }
        package var retained: Figure? { isGlibc ? Figure(runs.map(\.retained.rawValue)) : nil }
        package var fragmented: Figure? { isGlibc ? Figure(runs.map(\.fragmented.rawValue)) : nil }
        package var microseconds: Figure? { Figure(runs.map { Int(min(1e15, ($0.seconds * 1e6).rounded())) }) }
    }

    package var command: [String]
    /// The first is the command as it is.
    package var settings: [Setting]
    /// Of settings whose library is not installed.
    package var skipped: [String]
    /// The most processes that were read in a run.
    package var processes: Int

    package init(command: [String], settings: [Setting], skipped: [String] = [], processes: Int = 1) {
        self.command = command
        self.settings = settings
        self.skipped = skipped
        self.processes = processes
    }

    /// The setting with the least memory left at the end: of those that save at least a twentieth and a MiB of what is
    /// left as it is, by more than the runs differ among themselves, and take at most a tenth longer.
    package var recommended: Setting? {
        guard let base = settings.first, base.failure == nil, let final = base.final, let time = base.microseconds
        else { return nil }
        return settings.dropFirst().filter { setting in
            guard setting.failure == nil, let own = setting.final, let ownTime = setting.microseconds else {
                return false
            }
            let saved = final.median - own.median
            return saved >= max(1 << 20, final.median / 20) && saved > max(final.spread, own.spread)
                && Double(ownTime.median) <= 1.1 * Double(time.median)
        }
        .min { $0.final!.median < $1.final!.median }
    }
}

extension Comparison.Run {
    /// Of a recording; `nil` where no process was read.
    package init?(_ recording: Recording) {
        let last = recording.processes.compactMap { process in
            // What replaced itself by another program left nothing behind.
            process.ending == .exec ? nil : process.latest?.report
        }
        guard !last.isEmpty else { return nil }
        func sum(_ value: (Report) -> ByteCount) -> ByteCount { last.reduce(0) { $0 + value($1) } }
        self.init(
            peak: recording.highestTogether, final: sum(\.rss), retained: sum { $0.bytes(.heapRetained) },
            fragmented: sum { $0.bytes(.heapFragmented) }, seconds: recording.end?.seconds ?? 0)
    }
}

extension Recording {
    /// The highest RSS of all processes together at one time, of those that carry the library; of one process what the
    /// kernel saw, which misses nothing.
    package var highestTogether: ByteCount {
        let processes = processes.filter(\.isCovered)
        let single = processes.map { max($0.highWater, $0.highestRSS) }.max() ?? 0
        var changes: [(seconds: Double, process: Int, rss: ByteCount)] = []
        for (place, process) in processes.enumerated() {
            changes += process.series.points.map { ($0.seconds, place, $0.rss) }
            if let end = process.endSeconds { changes.append((end, place, 0)) }
        }
        changes.sort { $0.seconds < $1.seconds }
        var resident = Array(repeating: ByteCount(0), count: processes.count)
        var (sum, highest) = (ByteCount(0), single)
        for change in changes {
            sum += change.rss - resident[change.process]
            resident[change.process] = change.rss
            highest = max(highest, sum)
        }
        return highest
    }
}
