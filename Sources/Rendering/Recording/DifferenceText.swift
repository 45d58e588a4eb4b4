import MemoryModel

extension Differences {
    /// For a person at a terminal: the first line of each process is the answer.
    package func text(_ style: TextStyle) -> String {
        var lines: [StyledLine] = []
        for process in processes {
            if !lines.isEmpty {
                let rule = StyledLine(String(repeating: style.rule, count: style.columns), .faint)
                lines += [StyledLine(), rule, StyledLine()]
            }
            lines += self.lines(process, style)
        }
        return (lines + restLines(style)).text(style)
    }

    private func lines(_ process: ReportDifference, _ style: TextStyle) -> [StyledLine] {
        let rows = process.tellingRows.isEmpty ? [] : [StyledLine()] + rowLines(process, style)
        return headline(process, style) + facts(process, style) + rows
            + SiteMovement.Subject.allCases.flatMap { siteLines($0, process, style) } + noteLines(process, style)
    }

    /// `+34.0 MiB RSS: heap.retained +31.2 MiB, heap.live +2.14 MiB`.
    private func headline(_ process: ReportDifference, _ style: TextStyle) -> [StyledLine] {
        let rows = process.tellingRows.map { "\($0.cause.rawValue) \($0.difference.differenceText)" }
        let head = process.rss == 0 ? "RSS is the same" : "\(process.rss.differenceText) RSS"
        let rest = rows.isEmpty ? ", and so is every row" : ": " + rows.joined(separator: ", ")
        return wrapped([Span(head, process.rss.ink.bold), Span(rest, .strong)], columns: style.columns)
    }

    private func facts(_ process: ReportDifference, _ style: TextStyle) -> [StyledLine] {
        func side(_ side: Side) -> String {
            style.printable(side.file) + (side.moment.map { " at \(style.printable($0.description))" } ?? "")
        }
        let command = commandText(process.after.process.command, columns: style.columns, style: style)
        let sides = "\(side(before)) \(style.arrow) \(side(after))"
        return listed([[Span(command)], [Span(sides, .faint)]], style: style)
    }

    // Rows ------------------------------------------------------------------------------------------------------------

    private func rowLines(_ process: ReportDifference, _ style: TextStyle) -> [StyledLine] {
        let rows = process.rows.filter { $0.before != 0 || $0.after != 0 }
        let heads = headings(style)
        let sum = ReportDifference.Row(
            before: rows.reduce(0) { $0 + $1.before }, after: rows.reduce(0) { $0 + $1.after })
        let cells =
            [[heads.before, heads.after, "difference"]]
            + (rows + [sum]).map { [$0.before.text, $0.after.text, $0.difference.differenceText] }
        let widths = cells[0].indices.map { column in cells.map { $0[column].columns }.max() ?? 0 }
        let names = rows.map(\.cause.rawValue)
        let nameColumns = max(names.map(\.columns).max() ?? 0, 3)
        let used = 2 + nameColumns + widths.reduce(0) { $0 + $1 + 2 }
        let bar = min(30, style.columns - used - 2)
        let most = rows.map(\.difference.rawValue.magnitude).max() ?? 0
        func line(_ name: String, _ cells: [String], _ inks: [Ink]) -> StyledLine {
            var line = StyledLine([Span("  "), Span(name, inks[0])])
            line.append(String(repeating: " ", count: nameColumns - name.columns))
            for (index, cell) in cells.enumerated() {
                line.append("  " + String(repeating: " ", count: widths[index] - cell.columns))
                line.append(cell, inks[index + 1])
            }
            return line
        }
        var lines = [line("", cells[0], [.faint, .faint, .faint, .faint])]
        for (index, row) in rows.enumerated() {
            var next = line(names[index], cells[index + 1], [.plain, .faint, .plain, row.difference.ink])
            if bar >= 8, row.difference != 0 {
                let share = Double(row.difference.rawValue.magnitude) / Double(most)
                next.append("  ")
                next.append(style.bar(share: share, columns: bar), row.difference.ink)
            }
            lines.append(next)
        }
        let rule = String(repeating: style.rule, count: used - 2)
        lines.append(StyledLine([Span("  "), Span(rule, .faint)]))
        lines.append(line("sum", cells[rows.count + 1], [.strong, .strong, .strong, process.rss.ink.bold]))
        return lines
    }

    // Sites -----------------------------------------------------------------------------------------------------------

    private func siteLines(
        _ subject: SiteMovement.Subject, _ process: ReportDifference, _ style: TextStyle
    ) -> [StyledLine] {
        let moved = process.sites.filter { $0.subject == subject }
        guard !moved.isEmpty else { return [] }
        let shown = moved.prefix(limit)
        let vague = moved.count { !$0.isCertain }
        var sentence = count(moved.count, "site moved", "sites moved")
        if vague > 0 {
            sentence +=
                vague == moved.count ? ", within the error of the samples" : ", \(vague.grouped) within the error"
        }
        let rows = shown.map { site in
            SiteRow(
                figures: figures(site, style),
                name: site.name.isEmpty
                    ? site.frames.isEmpty ? "(no stack)" : "" : style.printable(String(site.name.prefix(200))),
                frames: site.frames)
        }
        let heads = headings(style)
        var lines =
            [StyledLine()]
            + wrapped(
                [Span(sentence)], columns: style.proseColumns, label: Span(subject.label, .strong), indent: labelColumns
            )
            + SiteRow.lines(
                rows, headings: ["difference", "error", heads.before, heads.after], isFull: false, style: style)
        if moved.count > shown.count {
            lines.append(StyledLine("  \((moved.count - shown.count).grouped) more; see --limit", .faint))
        }
        return lines
    }

    private func figures(_ site: SiteMovement, _ style: TextStyle) -> [String] {
        let error = "\(style.plusMinus) \(site.difference.errorBytes.text)"
        return [
            site.difference.bytes.differenceText,
            site.difference.error == 0 ? "" : site.isCertain ? error : "\(error), within",
            site.presence == .new ? "new" : site.before.bytes.text,
            site.presence == .gone ? "gone" : site.after.bytes.text,
        ]
    }

    // What has to be known besides ------------------------------------------------------------------------------------

    private func noteLines(_ process: ReportDifference, _ style: TextStyle) -> [StyledLine] {
        var notes: [Span] = []
        if process.before.sites == nil || process.after.sites == nil {
            notes.append(Span("No sites are compared: a report has none.", .faint))
        }
        for report in [process.before, process.after] where !report.coverage.complete {
            for identifier in report.coverage.degraded {
                let note = Span(degradation(identifier, style: style), .warning)
                if !notes.contains(note) { notes.append(note) }
            }
        }
        return labelled(notes, "notes", style)
    }

    private func restLines(_ style: TextStyle) -> [StyledLine] {
        func note(_ commands: [[String]], _ side: Side) -> Span? {
            guard let first = commands.first else { return nil }
            let name = commandText(first, columns: 40, style: style)
            let names = commands.count == 1 ? name : "\(count(commands.count, "process", "processes")), such as \(name)"
            return Span("Only \(style.printable(side.file)) has \(names).", .faint)
        }
        return labelled([note(onlyBefore, before), note(onlyAfter, after)].compactMap(\.self), "unpaired", style)
            + labelled(
                environment.prefix(20).map { Span("Not the same: \($0.change(style)).", .warning) }, "elsewhere", style)
    }

    private func labelled(_ notes: [Span], _ label: String, _ style: TextStyle) -> [StyledLine] {
        guard !notes.isEmpty else { return [] }
        return [StyledLine()]
            + notes.enumerated().flatMap { index, note in
                wrapped(
                    [note], columns: style.proseColumns, label: Span(index == 0 ? label : "", .strong),
                    indent: labelColumns, hanging: 2)
            }
    }
}

extension ReportDifference.Row {
    /// The sum of others, under no cause of its own.
    fileprivate init(before: ByteCount, after: ByteCount) {
        self.init(cause: .unexplained, before: before, after: after)
    }
}

extension ByteCount {
    /// More memory is red, less is green.
    fileprivate var ink: Ink { self > 0 ? .bad : self < 0 ? .good : .plain }
}

extension SiteMovement.Subject {
    fileprivate var label: String {
        switch self {
        case .holds: "held by"
        case .pins: "pinned by"
        case .left: "left by"
        case .mappings: "mapped by"
        }
    }
}
