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
                : "The command failed as it is (\(base.failure!)), so that nothing is recommended."
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

    // The table -------------------------------------------------------------------------------------------------------

    private func tableLines(_ style: TextStyle) -> [StyledLine] {
        let isRepeated = settings.contains { $0.runs.count > 1 }
        let heads =
            ["peak", "final"] + (isRepeated ? [style.plusMinus] : []) + ["retained", "fragmented", "time"]
            + (isRepeated ? [style.plusMinus] : [])
        let rows = settings.map { cells($0, isRepeated: isRepeated) }
        let widths = heads.indices.map { index in ([heads] + rows).map { $0[index].columns }.max() ?? 0 }
        let used = 2 + widths.reduce(0) { $0 + $1 + 2 }
        let nameColumns = max(12, min(settings.map(\.name.columns).max() ?? 0, style.columns - used))
        func line(_ mark: String, _ name: Span, _ cells: [String], _ ink: Ink) -> StyledLine {
            var line = StyledLine([Span(mark, .good), name])
            line.append(String(repeating: " ", count: max(0, nameColumns - name.text.columns)))
            for (cell, width) in zip(cells, widths) {
                line.append("  " + String(repeating: " ", count: width - cell.columns) + cell, ink)
            }
            return line
        }
        let best = recommended?.name
        var lines = [line("  ", Span(""), heads, .faint)]
        for (setting, row) in zip(settings, rows) {
            let isBest = setting.name == best
            let name = setting.name.middleShortened(to: nameColumns, ellipsis: style.ellipsis)
            let ink: Ink = isBest ? Ink.good.bold : .plain
            lines.append(line(isBest ? style.marker + " " : "  ", Span(name, ink), row, ink))
            if let failure = setting.failure { lines.append(StyledLine("    \(style.printable(failure))", .warning)) }
        }
        return lines
    }

    private func cells(_ setting: Setting, isRepeated: Bool) -> [String] {
        func bytes(_ figure: Figure?) -> String { figure.map { ByteCount($0.median).text } ?? "" }
        func spread(_ figure: Figure?, _ text: (Int) -> String) -> [String] {
            isRepeated ? [figure.map { text($0.spread / 2) } ?? ""] : []
        }
        func time(_ microseconds: Int) -> String { duration(Double(microseconds) / 1e6) }
        return [bytes(setting.peak), bytes(setting.final)] + spread(setting.final) { ByteCount($0).text }
            + [bytes(setting.retained), bytes(setting.fragmented), setting.microseconds.map { time($0.median) } ?? ""]
            + spread(setting.microseconds, time)
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
        if !skipped.isEmpty { notes.append("Not installed here, so left out: \(skipped.joined(separator: ", ")).") }
        return [StyledLine()]
            + notes.enumerated().flatMap { index, note in
                wrapped(
                    [Span(note, .faint)], columns: style.proseColumns,
                    label: Span(index == 0 ? "notes" : "", .strong), indent: labelColumns, hanging: 2)
            }
    }
}
