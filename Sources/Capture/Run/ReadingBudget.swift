/// How much of the time full readings may take: each holds the target's memory map for a moment, and takes a core.
///
/// Time earns credit, readings spend it, in processor time: what a busy machine makes us wait is no cost to the target.
/// A run begins with the most that can be saved up, so that a short one is read too. The last reading of a process that
/// waits for it is made whatever it costs, and spends as well.
package struct ReadingBudget: Sendable {
    /// Of the time that passes.
    package let share: Double
    /// The most that is saved up, in nanoseconds: as much as 5 s bring, and enough that a short run is read at its peak.
    private let most: Double
    private var credit: Double
    private var refilled: Int64

    package init(share: Double, nanoseconds now: Int64) {
        self.share = share
        most = max(share * 5e9, 40_000_000)
        credit = most
        refilled = now
    }

    /// Whether there is time for a reading.
    package mutating func allows(at now: Int64) -> Bool {
        refill(at: now)
        return credit > 0
    }

    /// Whether most of what can be saved up is there.
    package mutating func isPlentiful(at now: Int64) -> Bool {
        refill(at: now)
        return credit > most * 0.75
    }

    private mutating func refill(at now: Int64) {
        credit = min(most, credit + Double(now - refilled) * share)
        refilled = now
    }

    package mutating func spend(nanoseconds: Int64) { credit -= Double(nanoseconds) }
}
