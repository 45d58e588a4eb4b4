package import MemoryModel

/// Takes out of a report what is suppressed, by these patterns and by the program's own; each group counts for the first
/// that matches.
package func suppressed(_ report: UnreachableReport, by suppressions: [Suppression]) -> UnreachableReport {
    var report = report
    var suppressions = suppressions
    do {
        suppressions += try Suppression.parse(report.ownSuppressions)
    } catch {
        report.degraded.append("suppressions-unknown")
    }
    guard !suppressions.isEmpty else { return report }
    var tallies: [String: UnreachableReport.Tally] = [:]
    report.groups = report.groups.filter { group in
        guard let match = suppressions.first(where: { $0.matches(group.frames) }) else { return true }
        tallies[match.pattern, default: .init()] += group.tally
        return false
    }
    report.suppressed += tallies.map { UnreachableReport.Suppressed(pattern: $0.key, tally: $0.value) }
        .sorted { ($1.tally.bytes, $0.pattern) < ($0.tally.bytes, $1.pattern) }
    return report
}
