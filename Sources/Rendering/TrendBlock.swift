import MemoryModel

extension Report {
    /// How the process moved before the reading, as small graphs, and how old its unmanaged memory is. Begins with an empty
    /// line; nothing where nobody saw it move.
    func trendBlock(style: TextStyle) -> [StyledLine] {
        let lines = graphs(style: style) + unmanagedLines(style: style)
        return lines.isEmpty ? [] : [StyledLine()] + lines
    }

    // Graphs -----------------------------------------------------------------------------------------------------

    /// The longest series with a dozen columns, else the one that has most. Fewer than three are no graph.
    private var shownSeries: History.Series? {
        let all = (history?.series ?? []).map { series in
            History.Series(step: series.step, moments: Array(series.moments.drop { $0 == nil }))
        }
        let shown = all.last { $0.moments.count >= 12 } ?? all.max { $0.moments.count < $1.moments.count }
        return shown.flatMap { $0.moments.count >= 3 ? $0 : nil }
    }

    private func graphs(style: TextStyle) -> [StyledLine] {
        guard let series = shownSeries else { return [] }
        let rss = series.moments.map { $0?.rss.map { Double($0.last.rawValue) } }
        let live = series.moments.map { moment in moment.map { Double($0.live.rawValue) } }
        let rest = zip(rss, live).map { rss, live in rss.flatMap { rss in live.map { max(0, rss - $0) } } }
        let graphs: [(name: String, values: [Double?], ink: Ink)] = [
            ("RSS", rss, .plain), ("live", live, .good), ("rest", rest, .warning),
        ]
        let figures = graphs.map { ByteCount(Int(max(-1e18, min(1e18, ($0.values.last ?? nil) ?? 0)))).text }
        let figureColumns = figures.map(\.columns).max() ?? 0
        let room = max(1, style.columns - labelColumns - 2 - figureColumns)
        let step = (series.moments.count + room - 1) / room
        let top = (rss + live).compactMap(\.self).max() ?? 0
        let columns = graphs.map { Sparkline.grouped($0.values, by: step) }
        let hasGap = columns.contains { $0.contains { $0 == nil } }
        var lines = wrapped(
            caption(series, columnStep: step, hasGap: hasGap, style: style), columns: style.proseColumns,
            label: Span("trend", .strong), indent: labelColumns)
        for (index, graph) in graphs.enumerated() where graph.values.contains(where: { $0 != nil }) {
            let name = "  " + graph.name
            var line = StyledLine(name, graph.ink)
            line.append(String(repeating: " ", count: labelColumns - name.columns))
            line.spans += Sparkline(values: columns[index], top: top).spans(graph.ink, style: style)
            line.append(String(repeating: " ", count: 2 + figureColumns - figures[index].columns) + figures[index])
            lines.append(line)
        }
        return lines
    }

    /// `live has grown 12.0 MiB/min for 48 min, RSS 12.1 MiB/min (a column is 1 min)`.
    private func caption(_ series: History.Series, columnStep: Int, hasGap: Bool, style: TextStyle) -> [Span] {
        let seconds = Double(series.step) * Double(columnStep)
        let unit =
            seconds < 60
            ? "\(seconds.fixed(0)) s"
            : seconds < 3_600 ? "\((seconds / 60).fixed(0)) min" : "\((seconds / 3_600).fixed(0)) h"
        let gap = hasGap ? (style.unicode ? ", a dot a gap" : ", a blank a gap") : ""
        let legend = "a column is \(unit)\(gap)"
        guard let trend else { return [Span(legend, .faint)] }
        return [Span(trend.text), Span(" (\(legend))", .faint)]
    }

    // Unmanaged --------------------------------------------------------------------------------------------------

    /// `process = managed + old + recent`.
    private func unmanagedLines(style: TextStyle) -> [StyledLine] {
        guard let old = managed.unmanagedOld, let recent = managed.unmanagedRecent else { return [] }
        let declared = managed.managed.map { "\($0.text) managed" } ?? "no managed memory is declared"
        return wrapped(
            [Span("\(old.text) old, \(recent.text) recent (30 s); \(declared)")],
            columns: style.proseColumns, label: Span("unmanaged", .strong), indent: labelColumns)
    }
}

extension Trend {
    /// Both courses in as few words as they take.
    fileprivate var text: String {
        guard let rss else { return "live \(live.text)" }
        let peak = rss.course == .flat && isAtPeak ? ", at its peak" : ""
        if live.text == rss.text { return "live \(live.text), RSS too\(peak)" }
        let isAlike = live.course == rss.course && live.seconds.secondsText == rss.seconds.secondsText
        if isAlike, live.rate != 0 { return "live \(live.text), RSS \(rss.rateText)" }
        return "live \(live.text), RSS \(rss.text)\(peak)"
    }
}
