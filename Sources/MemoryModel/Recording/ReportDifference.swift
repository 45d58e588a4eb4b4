/// What moved from one report to another: of one process at two moments, or of two runs.
package struct ReportDifference: Sendable {
    /// One cause. Exact, as far as the readings are.
    package struct Row: Hashable, Sendable {
        package var cause: Cause
        package var before: ByteCount
        package var after: ByteCount
        package var difference: ByteCount { after - before }

        package init(cause: Cause, before: ByteCount, after: ByteCount) {
            self.cause = cause
            self.before = before
            self.after = after
        }
    }

    package var before: Report
    package var after: Report
    /// One a cause, the largest difference of either sign first; their differences sum to RSS's.
    package var rows: [Row]
    /// The same order.
    package var sites: [SiteMovement]

    package init(from before: Report, to after: Report) {
        self.before = before
        self.after = after
        let rows = Cause.allCases.map { Row(cause: $0, before: before.bytes($0), after: after.bytes($0)) }
        // Sorting is stable: rows that moved alike keep their order.
        self.rows = rows.sorted { $0.difference.rawValue.magnitude > $1.difference.rawValue.magnitude }
        sites = siteMovements(from: before, to: after)
    }

    package var rss: ByteCount { after.rss - before.rss }
}
