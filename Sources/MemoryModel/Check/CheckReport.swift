/// What `silt check` found.
package struct CheckReport: Sendable {
    package enum Status: String, Sendable {
        case within
        case exceeded
        /// A baseline is improved on, where that was asked for.
        case improved
        case unmeasured

        /// What silt ends with; 2 is for arguments and files that cannot be used.
        package var exitStatus: Int32 {
            switch self {
            case .within: 0
            case .exceeded: 1
            case .unmeasured: 3
            case .improved: 4
            }
        }
    }

    package enum Note: Hashable, Sendable {
        /// A process, at a moment, that the baseline does not know, or not in enough runs.
        case notInBaseline(process: String, at: MomentName)
        /// The program was still running when it was read last.
        case stillRunning(process: String)
        /// So many processes do not carry the library; the one that was seen with the highest RSS, and that.
        case uncovered(process: String, rss: ByteCount, count: Int)
        /// So many processes ended without waiting for their last reading, one of them this one.
        case lost(process: String, count: Int)
        /// So many processes ended before their first reading.
        case unread(Int)
        /// The command was run so often, as one run was not enough to tell a change from noise.
        case repeated(Int)
        /// The baseline was written: how many runs are new, how many it has.
        case updated(new: Int, runs: Int, isAnew: Bool)
    }

    package var version: String
    package var command: [String]
    package var runs: Int
    /// Different processes, over all runs.
    package var processes: Int
    /// The names that were given, for who looks for a line.
    package var budgetFile: String?
    package var baselineFile: String?
    /// Every limit, on every process that it is about.
    package var judgements: [Judgement] = []
    /// What could not be measured as a whole.
    package var failures: [Unmeasured] = []
    /// What differs from where the baseline was measured.
    package var differences: [FactDifference] = []
    package var notes: [Note] = []
    /// Whether an improvement is to be told by the status.
    package var isStrict = false

    package init(
        version: String = "", command: [String], runs: Int, processes: Int, budgetFile: String? = nil,
        baselineFile: String? = nil
    ) {
        self.version = version
        self.command = command
        self.runs = runs
        self.processes = processes
        self.budgetFile = budgetFile
        self.baselineFile = baselineFile
    }

    package var exceeded: [Judgement] { judgements.filter { $0.outcome == .exceeded } }
    package var improved: [Judgement] { judgements.filter { $0.outcome == .improved } }
    package var unmeasured: [Judgement] {
        judgements.filter { if case .unmeasured = $0.outcome { true } else { false } }
    }

    /// Whether more runs may tell what one did not.
    package var isDoubtful: Bool { failures.isEmpty && judgements.contains(where: \.isDoubtful) }

    /// What could not be measured is told before what was exceeded: who reads the status alone must not take a part for
    /// the whole.
    package var status: Status {
        if !failures.isEmpty || !unmeasured.isEmpty { return .unmeasured }
        if !exceeded.isEmpty { return .exceeded }
        return isStrict && !improved.isEmpty ? .improved : .within
    }
}
