import Foundation
import Testing

/// `Rss` of a process's smaps_rollup, in bytes.
func rollupRss(_ pid: Int32) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
    let field = text.split(separator: "\n").first { $0.hasPrefix("Rss:") }
    let kibibytes = field?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return try #require(kibibytes) * 1024
}

/// What holds for every report: the rows sum to RSS, the books are complete, little is unexplained, and the figures of
/// the heap agree with the rows. The report is attached where one does not.
///
/// - Parameter degraded: What the books are known to lack.
func expectWhole(
    _ report: ReportDocument, degraded: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
) {
    let sum = report.content.ledger.reduce(0) { $0 + $1.bytes }
    // What a running process maps while it is read is nobody's; standing still, nothing moves.
    let bound = max(64 << 10, report.rss / 200) + report.content.reading.movedBytes
    let holds = [
        ("the rows sum to RSS", sum == report.rss),
        ("no row is negative", report.content.ledger.allSatisfy { $0.bytes >= 0 && $0.swapBytes >= 0 }),
        ("owners sum to their row", report.content.ledger.allSatisfy(ownersSum)),
        ("the books are the shim's", report.coverage.source == "shim"),
        ("the books are complete", report.coverage.degraded == degraded),
        ("complete is said where it is", report.coverage.complete == degraded.isEmpty),
        ("no more than \(bound) are unexplained", report.bytes("unexplained") <= bound),
        ("arenas sum to their parts", report.heap.arenas.allSatisfy(partsSum)),
        ("retained is what trimming returns", retained(report) == report.heap.predictedTrimBytes),
        ("the prediction lies in its interval", isInRange(report.heap.predictedTrimBytes, report)),
    ]
    expect(holds, report, sourceLocation)
}

/// That the bounds of an expected.json hold.
func expectBounds(
    _ report: ReportDocument, minimum: [String: Int], maximum: [String: Int],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let low = minimum.map { key, bound in
        ("\(key) is at least \(bound)", report.figure(key).map { $0 >= bound } ?? false)
    }
    let high = maximum.map { key, bound in
        ("\(key) is at most \(bound)", report.figure(key).map { $0 <= bound } ?? false)
    }
    expect(low + high, report, sourceLocation)
}

/// Checks all of them; attaches the report once where one fails.
func expect(_ checks: [(String, Bool)], _ report: ReportDocument, _ sourceLocation: SourceLocation) {
    for (sentence, holds) in checks {
        #expect(holds, "\(sentence): process \(report.content.process.pid)", sourceLocation: sourceLocation)
    }
    guard checks.contains(where: { !$0.1 }) else { return }
    Attachment.record(report.text, named: "report-\(report.content.process.pid).json", sourceLocation: sourceLocation)
}

private func ownersSum(_ row: ReportDocument.Row) -> Bool {
    row.owners.map { $0.reduce(0) { $0 + $1.bytes } == row.bytes } ?? true
}

private func partsSum(_ arena: ReportDocument.Arena) -> Bool {
    arena.residentBytes == arena.liveBytes + arena.retainedBytes + arena.keptBytes + arena.fragmentedBytes
}

private func retained(_ report: ReportDocument) -> Int { report.bytes("heap.retained") }

/// Whether a number of bytes lies in `predicted_trim_range`.
func isInRange(_ bytes: Int, _ report: ReportDocument) -> Bool {
    let range = report.heap.predictedTrimRange
    return range.count == 2 && range[0] <= bytes && bytes <= range[1]
}
