package import MemoryModel

extension RunReport {
    /// Every process of a run for a person at a terminal; a list of them first where there are several.
    package func text(_ style: TextStyle) -> String {
        guard !processes.isEmpty else {
            return "No process with libsilt.so in it grew over 10 MiB.\n"
        }
        var lines = processes.count > 1 ? summary(style: style) : []
        for process in processes {
            if processes.count > 1 {
                let rule = StyledLine(String(repeating: style.rule, count: style.columns), .faint)
                lines += [StyledLine(), rule, StyledLine()]
            }
            lines += process.lines(style)
        }
        return lines.text(style)
    }

    /// What a process has to exceed once to be reported without being asked for: the contract of `silt run`.
    private static let floor = ByteCount.mebibytes(10)

    /// How many processes there are, and a line for each.
    private func summary(style: TextStyle) -> [StyledLine] {
        let isOverFloor = processes.allSatisfy { max($0.peak.rss, $0.peak.process.highWater ?? 0) > RunReport.floor }
        let title = "\(processes.count) processes" + (isOverFloor ? " over 10 MiB" : "")
        var lines = [StyledLine(title, .strong), StyledLine()]
        let heads = ["pid", "at peak", "at end"]
        let figures = processes.map { [String($0.last.process.pid), $0.peak.rss.text, $0.last.rss.text] }
        let widths = heads.indices.map { index in ([heads] + figures).map { $0[index].columns }.max() ?? 0 }
        let kinds = processes.map(\.principal.kind.rawValue)
        let kindWidth = kinds.map(\.columns).max() ?? 0
        func row(_ cells: [String], _ ink: Ink) -> StyledLine {
            var line = StyledLine()
            for (cell, width) in zip(cells, widths) {
                line.append("  " + String(repeating: " ", count: width - cell.columns) + cell, ink)
            }
            return line
        }
        lines.append(row(heads, .faint))
        for (index, process) in processes.enumerated() {
            var line = row(figures[index], .plain)
            line.append("  ")
            line.append(kinds[index], process.principal.ink.bold)
            line.append(String(repeating: " ", count: kindWidth - kinds[index].columns + 2))
            let room = style.columns - line.columns
            line.append(commandText(process.last.process.command, columns: room, style: style), .faint)
            lines.append(line)
        }
        return lines
    }
}
