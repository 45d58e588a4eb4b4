package import System

/// What came of a run.
package struct RunOutcome<Finding: Sendable>: Sendable {
    /// How the command ended.
    package var end: Child.End
    /// What was made of each process that is to be reported, in the order of their start.
    package var findings: [Finding]
    /// Whether any process of the command loaded the library.
    package var carriedShim: Bool
}
