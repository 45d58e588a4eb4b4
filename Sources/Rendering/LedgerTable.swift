import MemoryModel

/// The ledger as a table: a line for each cause, a group of columns for each reading, and a bar.
struct LedgerTable {
    var readings: [TableReading]
    /// Which reading the bars and the mark are about.
    var telling: Int
    var style: TextStyle

    /// Blanks in front of every line, where the mark stands.
    private static let margin = 2
    private static let narrowestBar = 8
    private static let widestBar = 40

    /// A column of figures, its heading first, the figures of the sum last.
    private struct Figures {
        var cells: [String]
        /// Blanks in front of it.
        var gap: Int
        /// Whether it is written faintly, beside the bytes.
        var isQuiet: Bool

        var columns: Int { (cells.map(\.columns).max() ?? 0) + gap }
    }

    /// What is left out where the terminal is narrow, least dear first.
    private enum Shares: CaseIterable {
        case all, telling, none
    }

    func lines() -> [StyledLine] {
        let rows = ledgerRows(readings, style: style)
        func longest(_ rows: [TableRow]) -> Int { rows.map { $0.name.columns + 2 * $0.depth }.max() ?? 0 }
        let causeColumns = longest(rows.filter { $0.weight != .owner })
        let (figures, hasBar) = layout(rows, nameColumns: causeColumns)
        let figureColumns = figures.reduce(0) { $0 + $1.columns }
        let free = style.columns - LedgerTable.margin - figureColumns
        // Owners are named in full while the bars keep a fair length; bars get the rest.
        let fairBar = hasBar ? 12 : 0
        let nameColumns = max(causeColumns, min(longest(rows), free - fairBar))
        let bar = hasBar ? min(LedgerTable.widestBar, free - nameColumns - 2) : 0

        var lines = [line(name: Span(""), figures, at: 0, nameColumns: nameColumns, ink: .faint)]
        for (index, row) in rows.enumerated() {
            lines.append(self.line(row, figures, at: index + 1, nameColumns: nameColumns, bar: bar))
        }
        let rule = String(repeating: style.rule, count: nameColumns + figureColumns)
        lines.append(StyledLine([Span("  "), Span(rule, .faint)]))
        let sum = line(name: Span("sum", .strong), figures, at: rows.count + 1, nameColumns: nameColumns, ink: .strong)
        return lines + sumLines(sum)
    }

    /// The figures of the sum and what they are to RSS, in fewer words or on a line of its own where there is no room.
    private func sumLines(_ sum: StyledLine) -> [StyledLine] {
        let remarks = remarks()
        let room = style.columns - sum.columns - 2
        if let remark = remarks.first(where: { $0.text.columns <= room }) {
            return [StyledLine(sum.spans + [Span("  "), remark])]
        }
        return [sum] + wrapped([remarks[0]], columns: style.columns, indent: LedgerTable.margin)
    }

    /// The columns of figures that fit beside the names, and whether a bar fits too.
    private func layout(_ rows: [TableRow], nameColumns: Int) -> (figures: [Figures], hasBar: Bool) {
        let room = style.columns - LedgerTable.margin - nameColumns
        for hasBar in [true, false] {
            for shares in Shares.allCases where !(hasBar && shares == .none) {
                let figures = self.figures(rows, shares: shares)
                let used = figures.reduce(0) { $0 + $1.columns } + (hasBar ? LedgerTable.narrowestBar + 2 : 0)
                if used <= room { return (figures, hasBar) }
            }
        }
        return (figures(rows, shares: .none), false)
    }

    private func figures(_ rows: [TableRow], shares: Shares) -> [Figures] {
        let hasSwap = rows.contains { $0.cells.contains { $0.swap != 0 } }
        var columns: [Figures] = []
        for (index, reading) in readings.enumerated() {
            let cells = rows.map { $0.cells[index] } + [sum(index)]
            let rss = reading.report.rss
            let bytes = [reading.heading] + cells.map(\.bytes.text)
            columns.append(Figures(cells: bytes, gap: index > 0 ? 3 : 2, isQuiet: false))
            if shares == .all || (shares == .telling && index == telling) {
                let shares = ["of RSS"] + cells.map { $0.bytes.share(of: rss).percent }
                columns.append(Figures(cells: shares, gap: 2, isQuiet: true))
            }
            if hasSwap {
                let swap = ["in swap"] + cells.map { $0.swap == 0 ? "" : $0.swap.text }
                columns.append(Figures(cells: swap, gap: 2, isQuiet: true))
            }
        }
        return columns
    }

    /// The sum of the ledger itself: whatever it is, it is shown.
    private func sum(_ reading: Int) -> TableRow.Cell {
        readings[reading].report.ledger.reduce(TableRow.Cell(bytes: 0)) {
            TableRow.Cell(bytes: $0.bytes + $1.bytes, swap: $0.swap + $1.swap)
        }
    }

    /// What the sum is to RSS, the most telling wording first.
    private func remarks() -> [Span] {
        for (index, reading) in readings.enumerated() {
            let difference = sum(index).bytes - reading.report.rss
            guard difference != 0 else { continue }
            let amount = ByteCount(abs(difference.rawValue)).text
            let place = readings.count > 1 ? " \(reading.place)" : ""
            let direction = difference > 0 ? "more" : "less"
            return [Span("\(amount) \(direction) than RSS\(place)", Ink.bad.bold)]
        }
        return [Span("= RSS exactly", .faint), Span("= RSS", .faint)]
    }

    /// One line of figures, without a bar.
    private func line(name: Span, _ figures: [Figures], at index: Int, nameColumns: Int, ink: Ink) -> StyledLine {
        var line = StyledLine([Span("  "), name])
        line.append(String(repeating: " ", count: max(0, nameColumns - name.text.columns)))
        for column in figures {
            let text = column.cells[index]
            line.append(String(repeating: " ", count: column.columns - text.columns))
            line.append(text, column.isQuiet ? .faint : ink)
        }
        return line
    }

    private func line(
        _ row: TableRow, _ figures: [Figures], at index: Int, nameColumns: Int, bar: Int
    ) -> StyledLine {
        let verdict = readings[telling].report.verdict
        let isTold = isTold(row, by: verdict)
        let indent = String(repeating: "  ", count: row.depth)
        let name = indent + row.name.middleShortened(to: nameColumns - indent.count, ellipsis: style.ellipsis)
        let ink: Ink
        switch row.weight {
        case .subtotal: ink = .strong
        case .cause: ink = isTold ? verdict.ink.bold : .plain
        case .owner: ink = .faint
        }
        var line = line(name: Span(name, ink), figures, at: index, nameColumns: nameColumns, ink: ink)
        if isTold { line.spans[0] = Span(style.marker + " ", ink) }
        if bar > 0 {
            let share = row.cells[telling].bytes.share(of: readings[telling].report.rss)
            line.append("  ")
            line.append(style.bar(share: share, columns: bar), barInk(row, isTold ? verdict.ink : nil))
        }
        return line
    }

    /// Whether a row is one that the verdict speaks of: of several, those that are not dwarfed by another.
    private func isTold(_ row: TableRow, by verdict: Verdict) -> Bool {
        guard row.weight == .cause, let cause = row.cause, verdict.kind.causes.contains(cause) else { return false }
        let largest = verdict.kind.causes.map(readings[telling].report.bytes).max() ?? 0
        return row.cells[telling].bytes.rawValue >= largest.rawValue / 2
    }

    /// Held memory is green, free heap yellow, what the verdict is about has its colour.
    private func barInk(_ row: TableRow, _ told: Ink?) -> Ink {
        if let told { return told }
        switch (row.weight, row.cause) {
        case (.owner, _): return .faint
        case (_, .heapLive): return .good
        case (_, let cause?) where cause.isFreeHeap: return .warning
        case (.subtotal, _): return .plain
        default: return .neutral
        }
    }
}

extension Double {
    /// A share as `90.6 %`.
    var percent: String { (self * 100).fixed(1) + " %" }

    /// The same of what is known to be less than all: never 100 %.
    var percentOfNotAll: String { Swift.min(self, 0.999).percent }
}

extension Verdict {
    /// Green where nothing is wrong, red where it is about half of the process or more.
    var ink: Ink { kind == .healthy ? .good : share >= 0.5 ? .bad : .warning }
}

extension Verdict.Kind {
    /// The rows that the verdict is about.
    fileprivate var causes: [Cause] {
        switch self {
        case .healthy: []
        case .retention: [.heapRetained]
        case .fragmentation: [.heapFragmented]
        case .threads: [.heapKept, .stacks]
        case .leak, .taskHeap: [.heapLive]
        case .mappings, .python: [.mappings]
        case .shared: [.shared]
        case .unknown: [.unexplained]
        }
    }
}
