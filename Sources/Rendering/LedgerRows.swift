import MemoryModel

/// One reading of a process, as a group of columns in the table.
struct TableReading {
    /// `at peak`, `at exit`, ….
    var heading: String
    /// The same in a sentence.
    var place: String
    var report: Report
}

/// One line of the ledger as people see it: what it is, and its bytes in each reading.
struct TableRow: Hashable {
    /// The figures of one reading.
    struct Cell: Hashable {
        var bytes: ByteCount
        var swap: ByteCount = 0
    }

    enum Weight: Hashable {
        /// The heap as a whole: its parts follow.
        case subtotal
        /// A cause.
        case cause
        /// Whom a part of a cause belongs to.
        case owner
    }

    var name: String
    var depth: Int
    var weight: Weight
    /// The one cause of this row; `nil` for a subtotal.
    var cause: Cause?
    /// One for each reading.
    var cells: [Cell]

    var isEmpty: Bool { cells.allSatisfy { $0.bytes == 0 && $0.swap == 0 } }
}

/// The rows of a ledger that are worth a line, in the order of ``Cause``.
///
/// - Parameter readings: of one process; at least one.
func ledgerRows(_ readings: [TableReading], style: TextStyle) -> [TableRow] {
    let hasWitness = readings.contains { $0.report.coverage.source != "none" }
    let heap = Cause.allCases.filter(\.isHeap)
    let parts = heap.map { causeRow($0, readings, depth: 1) }.filter { hasWitness || !$0.isEmpty }
    var rows: [TableRow] = []
    if !parts.isEmpty {
        let cells = readings.indices.map { index in
            parts.reduce(TableRow.Cell(bytes: 0)) { sum, part in
                TableRow.Cell(bytes: sum.bytes + part.cells[index].bytes, swap: sum.swap + part.cells[index].swap)
            }
        }
        rows.append(TableRow(name: "heap", depth: 0, weight: .subtotal, cause: nil, cells: cells))
        rows += parts
    }
    for cause in Cause.allCases where !cause.isHeap {
        let row = causeRow(cause, readings, depth: 0)
        guard !row.isEmpty || cause == .unexplained else { continue }
        rows.append(row)
        rows += ownerRows(cause, readings, style: style)
    }
    return rows
}

extension Cause {
    /// Whether it is a part of the heap: its identifier begins so.
    var isHeap: Bool { rawValue.hasPrefix("heap.") }

    /// The identifier, without the heap's prefix: the heap's parts stand indented below it.
    var name: String { isHeap ? String(rawValue.dropFirst("heap.".count)) : rawValue }

    /// Free memory that the heap holds.
    var isFreeHeap: Bool { isHeap && self != .heapLive }
}

private func causeRow(_ cause: Cause, _ readings: [TableReading], depth: Int) -> TableRow {
    let cells = readings.map { reading in
        let row = reading.report.ledger.first { $0.cause == cause }
        return TableRow.Cell(bytes: row?.bytes ?? 0, swap: row?.swap ?? 0)
    }
    return TableRow(name: cause.name, depth: depth, weight: .cause, cause: cause, cells: cells)
}

/// The three largest owners of a cause and the rest as one line (or all, where the rest would be one).
private func ownerRows(_ cause: Cause, _ readings: [TableReading], style: TextStyle) -> [TableRow] {
    var cells: [String: [TableRow.Cell]] = [:]
    for (index, reading) in readings.enumerated() {
        for owner in reading.report.ledger.first(where: { $0.cause == cause })?.owners ?? [] {
            cells[owner.name, default: readings.map { _ in TableRow.Cell(bytes: 0) }][index].bytes += owner.bytes
        }
    }
    let names = shortNames(cells.keys.sorted())
    let rows = cells.map { name, cells in
        TableRow(
            name: style.printable(names[name] ?? name), depth: 1, weight: .owner, cause: cause, cells: cells)
    }
    .filter { !$0.isEmpty }
    .sorted { left, right in
        let (leftBytes, rightBytes) = (left.cells.map(\.bytes).max() ?? 0, right.cells.map(\.bytes).max() ?? 0)
        return leftBytes != rightBytes ? leftBytes > rightBytes : left.name < right.name
    }
    let shown = 3
    guard rows.count > shown + 1 else { return rows }
    let rest = rows[shown...]
    let sums = readings.indices.map { index in
        TableRow.Cell(bytes: rest.reduce(0) { $0 + $1.cells[index].bytes })
    }
    return rows[..<shown] + [
        TableRow(name: "\(rest.count) more", depth: 1, weight: .owner, cause: cause, cells: sums)
    ]
}

/// The last component of each path, the whole path where two end alike.
private func shortNames(_ paths: [String]) -> [String: String] {
    func last(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    let counts = Dictionary(paths.map { (last($0), 1) }, uniquingKeysWith: +)
    return Dictionary(
        uniqueKeysWithValues: paths.map { path in
            let name = last(path)
            return (path, path.isEmpty ? "(owner unknown)" : counts[name] == 1 ? name : path)
        })
}
