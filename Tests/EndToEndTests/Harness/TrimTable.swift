import Foundation
import Synchronization
import Testing

/// One prediction and what came of it, in bytes.
struct TrimRow: Sendable {
    var workload: String
    var threads: Int
    /// Whether it is a forked child's.
    var forked: Bool
    var predicted: Int
    /// What `malloc_trim(0)` took from `Rss` of smaps_rollup.
    var returned: Int
    /// `predicted_trim_range` where the target's memory is not read.
    var blindRange: [Int]

    var order: (Int, Int, String) { (forked ? 1 : 0, threads, workload) }

    var text: String {
        let error = returned == 0 ? "" : percent(Double(predicted - returned) / Double(returned))
        let difference = "\((predicted - returned) / 1024)"
        return [
            workload.padded(to: -21), "\(threads)".padded(to: 3), (forked ? "child" : "").padded(to: 6),
            mebibytes(predicted), mebibytes(returned), difference.padded(to: 9), error.padded(to: 9),
            mebibytes(blindRange[0]), mebibytes(blindRange[1]),
        ].joined(separator: " ")
    }

    static let title =
        "workload             thr          predicted  returned  diff KiB   error %     low, blind     high"
}

/// The predictions of one run of the tests; printed when all are there.
final class TrimTable: Sendable {
    static let shared = TrimTable()
    private let rows = Mutex<[TrimRow]>([])

    /// - Parameter expected: How many there will be.
    func add(_ row: TrimRow, of expected: Int) {
        let all = rows.withLock { rows in
            rows.append(row)
            return rows
        }
        guard all.count == expected else { return }
        let text = ([TrimRow.title] + all.sorted { $0.order < $1.order }.map(\.text)).joined(separator: "\n")
        print("What malloc_trim(0) returns, in MiB\n\(text)")
        Attachment.record(text, named: "trim-predictions.txt")
    }
}

extension String {
    /// To a width, from the left; from the right where it is negative.
    fileprivate func padded(to width: Int) -> String {
        let blanks = String(repeating: " ", count: max(0, abs(width) - count))
        return width < 0 ? self + blanks : blanks + self
    }
}

private func percent(_ value: Double) -> String { String(format: "%.3f", value * 100) }

private func mebibytes(_ bytes: Int) -> String { String(format: "%9.3f", Double(bytes) / 1_048_576) }
