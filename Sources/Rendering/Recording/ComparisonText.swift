package import MemoryModel

extension Comparison {
    /// For a person at a terminal: what to choose, and a line for each setting.
    package func text(_ style: TextStyle) -> String {
        let command = commandText(command, columns: style.columns, style: style)
        let lines =
            wrapped([Span(recommendation, Ink.strong)], columns: style.columns)
            + [StyledLine(command, .faint), StyledLine()] + tableLines(style) + noteLines(style)
        return lines.text(style)
    }

    /// `MALLOC_ARENA_MAX=2: final RSS 120 MiB to 64.0 MiB (-46.7 %), time +1 %`.
    var recommendation: String {
        guard let base = settings.first, let final = base.final else { return "Nothing could be compared." }
        guard let best = recommended, let own = best.final else {
            return base.failure == nil
                ? "No setting leaves at least 5 % less than the command as it is, beyond the spread, at its speed."
                : "As it is, \(base.failure!), so that nothing is recommended."
        }
        var facts = ["final RSS " + movement(final, own)]
        if let peak = base.peak, let ownPeak = best.peak { facts.append("peak " + movement(peak, ownPeak)) }
        if let time = base.microseconds, let ownTime = best.microseconds {
            facts.append("time " + change(time, ownTime, decimals: 0))
        }
        return "\(best.environment.isEmpty ? best.name : best.environment.joined(separator: " ")): "
            + facts.joined(separator: ", ")
    }

    private func movement(_ old: Figure, _ new: Figure) -> String {
        "\(ByteCount(old.median).text) to \(ByteCount(new.median).text) (\(change(old, new, decimals: 0)))"
    }

    private func change(_ old: Figure, _ new: Figure, decimals: Int) -> String {
        guard old.median > 0 else { return "from nothing" }
        let percent = (Double(new.median) / Double(old.median) - 1) * 100
        return (percent >= 0 ? "+" : "") + min(percent, 1e6).fixed(decimals) + " %"
    }

    private func isPreload(_ variable: String) -> Bool { variable.hasPrefix("LD_PRELOAD=") }

    // The table -------------------------------------------------------------------------------------------------------

    private struct Column {
        var head: String
        var cells: [String]
        /// Where there is no room, the least dear is left out first.
        var worth: Int

        var columns: Int { ([head] + cells).map(\.columns).max() ?? 0 }
    }

    private func tableLines(_ style: TextStyle) -> [StyledLine] {
        let nameColumns = settings.map(\.name.columns).max() ?? 0
        var columns = columns(style)
        while 2 + nameColumns + columns.reduce(0, { $0 + $1.columns + 2 }) > style.columns,
            let least = columns.indices.min(by: { columns[$0].worth < columns[$1].worth })
        {
            columns.remove(at: least)
        }
        func line(_ mark: String, _ name: Span, _ cells: [String], _ ink: Ink) -> StyledLine {
            var line = StyledLine([Span(mark, .good), name])
            line.append(String(repeating: " ", count: nameColumns - name.text.columns))
            for (cell, column) in zip(cells, columns) {
                line.append("  " + String(repeating: " ", count: column.columns - cell.columns) + cell, ink)
            }
            return line
        }
        let best = recommended?.name
        var lines = [line("  ", Span(""), columns.map(\.head), .faint)]
        for (row, setting) in settings.enumerated() {
            let isBest = setting.name == best
            let ink: Ink = isBest ? Ink.good.bold : .plain
            lines.append(
                line(isBest ? style.marker + " " : "  ", Span(setting.name, ink), columns.map { $0.cells[row] }, ink))
            if let failure = setting.failure {
                lines += wrapped([Span(style.printable(failure), .warning)], columns: style.columns, indent: 4)
            }
        }
        return lines
    }

    private func columns(_ style: TextStyle) -> [Column] {
        func column(_ head: String, _ worth: Int, _ figure: (Setting) -> Figure?, _ text: (Figure) -> String) -> Column
        {
            Column(head: head, cells: settings.map { figure($0).map(text) ?? "" }, worth: worth)
        }
        func median(_ figure: Figure) -> String { ByteCount(figure.median).text }
        func time(_ microseconds: Int) -> String { duration(Double(microseconds) / 1e6) }
        let columns = [
            column("peak", 4, \.peak, median),
            column("final", 9, \.final, median),
            column(style.plusMinus, 5, \.final) { ByteCount($0.spread / 2).text },
            column("retained", 7, \.retained, median),
            column("fragmented", 6, \.fragmented, median),
            column("time", 8, \.microseconds) { time($0.median) },
            column(style.plusMinus, 3, \.microseconds) { time($0.spread / 2) },
        ]
        let isRepeated = settings.contains { $0.runs.count > 1 }
        return isRepeated ? columns : columns.filter { $0.head != style.plusMinus }
    }

    private func noteLines(_ style: TextStyle) -> [StyledLine] {
        var notes: [String] = []
        let runs = settings.map(\.runs.count).max() ?? 0
        if runs > 1 {
            notes.append(
                "Medians of \(runs) runs of each, taken in turn; \(style.plusMinus) is half of what lies between the "
                    + "least and the most.")
        } else {
            notes.append("One run of each: --runs 5 tells how far they differ by themselves.")
        }
        if processes > 1 {
            notes.append(
                "\(processes) processes: the peak is the highest RSS of all together at one time, as far as it was looked "
                    + "at; the rest are sums over each one's last reading. What processes share counts in each.")
        }
        if settings.contains(where: { !$0.isGlibc }) {
            notes.append("What another allocator than glibc's retains or fragments is not known.")
        }
        let set = settings.filter { !$0.environment.isEmpty && !$0.environment.contains(where: isPreload) }
        if !set.isEmpty {
            let words = set.map { "\($0.name) sets \($0.environment.joined(separator: " and "))" }
            notes.append(words.joined(separator: "; ") + ".")
        }
        if !skipped.isEmpty { notes.append("Not installed here, so left out: \(skipped.joined(separator: ", ")).") }
        return [StyledLine()]
            + notes.enumerated().flatMap { index, note in
                wrapped(
                    [Span(note, .faint)], columns: style.proseColumns,
                    label: Span(index == 0 ? "notes" : "", .strong), indent: labelColumns, hanging: 2)
            }
    }
}
