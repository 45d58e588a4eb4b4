/// Why something could not be measured. It is never taken for good.
package enum Unmeasured: Error, Hashable, Sendable {
    /// The command could not be run at all: why, in a sentence.
    case notRun(String)
    /// The command did not end with 0.
    case commandExited(Int)
    case commandSignaled(Int)
    /// No process of the command carried the library.
    case nothingPreloaded
    /// What is missing of a recording, as ``Recording/degraded`` has it.
    case recordingIncomplete([String])
    /// No process ever matched this pattern.
    case noProcess(String)
    /// The process came to no such moment.
    case noMoment(MomentName)
    /// In so many of the runs only.
    case missingInRuns(Int, of: Int)
    /// It ended before its first reading.
    case noReading
    /// It does not carry the library, so that there are no books of it.
    case uncovered
    /// Nobody could read it at its exit.
    case killed
    /// What its books lack, as ``Coverage/degraded`` has it.
    case booksIncomplete([String])
    /// Leaks were not looked for.
    case noProof
    /// They were, and could not be proved: why, in a sentence.
    case proofFailed(String)
    /// Not all of the live blocks could be decided: the share that was.
    case proofIncomplete(Double)
    /// No sample was looked at then.
    case noSites
    /// The report lists no more sites than those, the least of which has so many bytes or blocks.
    case siteUnlisted(least: Int)
    /// The pattern names several sites, and those that the report does not list have so many bytes or blocks between them.
    case sitesUnlisted(Int)
    /// The second moment came before the first.
    case momentsReversed(MomentName, MomentName)
    /// So many marks are too few for a slope.
    case fewMarks(Int, of: String)
    /// A baseline of so few runs.
    case fewRuns(Int)
    /// A limit relative to a figure that the baseline does not have.
    case notInBaseline
}
