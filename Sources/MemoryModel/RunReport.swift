/// What `silt run` saw of a command: every process that carried the shim.
package struct RunReport: Sendable, Codable {
    package var command: [String]
    package var processes: [ProcessRun]

    package init(command: [String], processes: [ProcessRun]) {
        self.command = command
        self.processes = processes
    }
}

/// One process of a run, from its first reading to its last.
package struct ProcessRun: Sendable, Codable {
    /// How the last reading came about.
    package enum Ending: String, Sendable, Codable {
        /// The process waited at its exit for it.
        case exit
        /// The process replaced itself by another program and waited before.
        case exec
        /// The process was killed or left without a word: the last periodic reading.
        case lost
        /// The process outlives the command.
        case running
    }

    /// The highest RSS among the periodic readings.
    package var peak: Report
    package var last: Report
    package var ending: Ending
    /// The process that it was forked from, where that is known.
    package var parent: Int?

    package init(peak: Report, last: Report, ending: Ending, parent: Int? = nil) {
        self.peak = peak
        self.last = last
        self.ending = ending
        self.parent = parent
    }
}
