/// A figure over time, a column a value.
struct Sparkline {
    /// In one unit, oldest first; `nil`: a gap.
    var values: [Double?]
    /// What fills a column to its top; the same for all lines that are to be compared.
    var top: Double

    /// Spans for the line: gaps are faint.
    func spans(_ ink: Ink, style: TextStyle) -> [Span] {
        values.reduce(into: [Span]()) { spans, value in
            let span = value.map { Span(level($0, style), ink) } ?? Span(style.gap, .faint)
            if spans.last?.ink == span.ink { spans[spans.count - 1].text += span.text } else { spans.append(span) }
        }
    }

    /// The lowest level is what is nothing, or next to it: a line is seen to be there.
    private func level(_ value: Double, _ style: TextStyle) -> String {
        let levels = style.levels
        guard top > 0 else { return levels[0] }
        let level = Int((value / top * Double(levels.count)).rounded(.up)) - 1
        return levels[max(0, min(levels.count - 1, level))]
    }

    /// The highest of every `step` values, counted from the end: the last column is of the last value.
    static func grouped(_ values: [Double?], by step: Int) -> [Double?] {
        stride(from: values.count, to: 0, by: -step)
            .map { end in values[max(0, end - step)..<end].compactMap(\.self).max() }.reversed()
    }
}

extension TextStyle {
    /// From the lowest to the highest.
    fileprivate var levels: [String] { unicode ? "▁▂▃▄▅▆▇█".map(String.init) : ".:-=+*#@".map(String.init) }
    /// Where a column has no value.
    var gap: String { unicode ? "·" : " " }
}
