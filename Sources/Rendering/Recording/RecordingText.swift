package import MemoryModel

extension Recording {
    /// All processes of a recording as `silt run` shows them, with a line for each moment that has a report.
    package func text(_ style: TextStyle) -> String {
        let run = RunReport(self)
        let report = run.processes.isEmpty ? nobody : run.text(style)
        let moments = processes.flatMap { $0.momentLines(isOne: processes.count == 1, style: style) }
        return report + moments.text(style) + noteLines(style).text(style)
    }

    private var nobody: String {
        "No process of this recording was ever read: none loaded libsilt.so and grew over 10 MiB.\n"
    }

    /// What the recording lacks, and the processes that are not shown.
    private func noteLines(_ style: TextStyle) -> [StyledLine] {
        var notes = degraded.map { Span(recordingDegradation($0, style: style), .warning) }
        let covered = processes.filter(\.isCovered)
        let unread = covered.count { $0.moments.isEmpty }
        if unread > 0, unread < covered.count {
            notes.append(
                Span("\(count(unread, "process", "processes")) more ended before a reading of theirs was due.", .faint))
        }
        let uncovered = processes.filter(\.staysUncovered).sorted { $0.highestRSS > $1.highestRSS }
        if !uncovered.isEmpty {
            let names = uncovered.prefix(5).map { process in
                "\(commandText(process.command, columns: 60, style: style)) (\(process.highestRSS.text))"
            }
            let rest = uncovered.count > names.count ? [", and \(uncovered.count - names.count) more"] : []
            notes.append(
                Span(
                    "\(count(uncovered.count, "process", "processes")) ran without libsilt.so, so nothing but RSS is known: "
                        + names.joined(separator: ", ") + rest.joined() + ".", .warning))
        }
        let lines = notes.enumerated().flatMap { index, note in
            wrapped(
                [note], columns: style.proseColumns, label: Span(index == 0 ? "recording" : "", .strong),
                indent: labelColumns, hanging: 2)
        }
        return lines.isEmpty ? [] : [StyledLine()] + lines
    }

    /// What it lacks, in words.
    func recordingDegradation(_ identifier: String, style: TextStyle) -> String {
        guard identifier == "cut-off" else { return degradation(identifier, style: style) }
        let last = processes.compactMap { $0.series.points.last?.seconds ?? $0.moments.last?.seconds }.max() ?? 0
        return "The recording was cut off after \(duration(last)), before the command ended: silt was killed, or the "
            + "file was not copied whole."
    }
}

extension RecordedProcess {
    private static let mostLines = 30

    /// A line for each moment, in columns. Nothing where all that there is stands in the report already.
    fileprivate func momentLines(isOne: Bool, style: TextStyle) -> [StyledLine] {
        guard moments.contains(where: \.isMark) else { return [] }
        let heads = ["at", "RSS", "live", "retained", "fragmented"]
        let all = namedMoments
        // Of marks that are set again and again the first and the last tell most.
        let left = all.count > Self.mostLines ? all.count - Self.mostLines : 0
        let shown =
            all.prefix(left > 0 ? Self.mostLines / 2 : all.count) + (left > 0 ? all.suffix(Self.mostLines / 2) : [])
        let rows = shown.map { name, moment in
            let report = moment.report
            return [
                duration(moment.seconds), report.rss.text, report.bytes(.heapLive).text,
                report.bytes(.heapRetained).text, report.bytes(.heapFragmented).text,
            ]
        }
        let widths = heads.indices.map { index in ([heads] + rows).map { $0[index].columns }.max() ?? 0 }
        let names = shown.map { style.printable($0.name.description) }
        let room = style.columns - 2 - widths.reduce(0) { $0 + $1 + 2 }
        let nameColumns = min(max(names.map(\.columns).max() ?? 0, labelColumns - 2), max(8, room))
        func line(_ name: Span, _ cells: [String], _ ink: Ink) -> StyledLine {
            var line = StyledLine([name])
            line.append(String(repeating: " ", count: max(0, nameColumns + 2 - name.text.columns)))
            for (cell, width) in zip(cells, widths) {
                line.append("  " + String(repeating: " ", count: width - cell.columns) + cell, ink)
            }
            return line
        }
        let title = isOne ? "moments" : "process \(index)".shortened(to: nameColumns + 2, ellipsis: style.ellipsis)
        var lines = [StyledLine(), line(Span(title, .strong), heads, .faint)]
        for (index, (name, row)) in zip(names, rows).enumerated() {
            if left > 0, index == Self.mostLines / 2 {
                lines.append(StyledLine("  \(left.grouped) more between these: NAME#NUMBER finds each", .faint))
            }
            lines.append(
                line(Span("  " + name.middleShortened(to: nameColumns, ellipsis: style.ellipsis)), row, .plain))
        }
        return lines
    }
}
