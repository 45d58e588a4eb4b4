import MemoryModel

/// A judgement in words, the same ones in every format. What strangers named is made safe for the style's terminal.
struct JudgementText {
    var judgement: Judgement
    var style: TextStyle

    /// `FAIL`'s sentence: what, how much, how much it may be.
    var sentence: String {
        if case .unmeasured(let reason) = judgement.outcome {
            return "\(subject) was not measured: \(reason.text(style))"
        }
        return "\(subject): \(value), \(limit) (\(difference))"
    }

    /// What is limited, of whom and when.
    var subject: String {
        let process = judgement.process.isEmpty ? "" : " of \(name(judgement.process))"
        switch judgement.subject {
        case .quantity(let quantity, let at): return "\(quantity.name)\(process) at \(name(at.description))"
        case .growth(let quantity, let from, let to, _):
            return "growth of \(quantity.name)\(process) from \(name(from.description)) to \(name(to.description))"
        case .slope(let quantity, let mark): return "growth of \(quantity.name)\(process) per mark \(name(mark))"
        case .site(let pattern, let unit, let at):
            return "\(unit.rawValue) at \(name(pattern))\(process) at \(name(at.description))"
        }
    }

    /// The quantity by itself.
    var row: String {
        switch judgement.subject {
        case .quantity(let quantity, _): quantity.name
        case .growth(let quantity, _, _, _), .slope(let quantity, _): "growth of \(quantity.name)"
        case .site(let pattern, let unit, _): "\(unit.rawValue) at \(name(pattern))"
        }
    }

    /// The moment by itself.
    var place: String {
        switch judgement.subject {
        case .quantity(_, let at), .site(_, _, let at): name(at.description)
        case .growth(_, let from, let to, _): "\(name(from.description)) to \(name(to.description))"
        case .slope(_, let mark): "every \(name(mark))"
        }
    }

    var value: String {
        let error = judgement.error > 0 ? " \(style.plusMinus) \(amount(judgement.error))" : ""
        return amount(judgement.value) + perIteration(judgement.value) + error
    }

    var limit: String {
        guard let comparison = judgement.comparison else {
            let written = judgement.limitText.map { " (\($0))" } ?? ""
            return "limit \(amount(judgement.limit))\(perIteration(judgement.limit))\(written)"
        }
        guard judgement.source == .baseline else {
            let more = judgement.limitText ?? "+" + amount(judgement.limit - comparison.median)
            return "limit \(amount(judgement.limit)) (\(more) on the baseline's \(amount(comparison.median)))"
        }
        return "baseline \(amount(comparison.median)), tolerance \(amount(comparison.tolerance))"
    }

    /// For a column.
    var shortLimit: String {
        guard judgement.source == .baseline, let comparison = judgement.comparison else {
            return amount(judgement.limit)
        }
        return "\(amount(comparison.median)) + \(amount(comparison.tolerance))"
    }

    /// To the limit; to the baseline where that is what limits.
    var difference: String {
        let shift = judgement.source == .baseline ? judgement.comparison?.shift : nil
        let difference = shift ?? judgement.value - judgement.limit
        return (difference > 0 ? "+" : "") + amount(difference)
    }

    /// Of the runs; `nil` of one run.
    var spread: String? { judgement.runs > 1 ? text(judgement.spread) : nil }

    private func text(_ spread: ClosedRange<Double>) -> String {
        let (low, high) = (amount(spread.lowerBound), amount(spread.upperBound))
        return low == high ? "all \(low)" : "\(low) to \(high)"
    }

    /// How sure it is, and who says so.
    var basis: [String] {
        var facts: [String] = []
        if let spread { facts.append("median of \(judgement.runs) runs, \(spread)") }
        if let comparison = judgement.comparison {
            facts.append("\(comparison.runs) earlier runs, \(text(comparison.spread))")
        }
        if judgement.isLimitInSpread {
            facts.append("the limit lies inside the spread: more runs may decide otherwise")
        }
        if judgement.error > 0 { facts.append("estimated from samples") }
        return facts
    }

    private func perIteration(_ value: Double) -> String {
        guard case .growth(_, _, _, let per) = judgement.subject, per > 1 else { return "" }
        return " (\(amount(value / Double(per))) an iteration)"
    }

    /// In the judgement's unit.
    func amount(_ value: Double) -> String {
        var text: String
        switch judgement.unit {
        case .bytes: text = ByteCount(Int(rounding: value)).text
        case .blocks: text = count(Int(rounding: value), "block", "blocks")
        case .share: text = (value < 0 ? "-" : "") + value.magnitude.fixed(3)
        }
        if case .slope = judgement.subject { text += " a mark" }
        return text
    }

    private func name(_ text: String) -> String {
        style.printable(text.cut).shortened(to: 80, ellipsis: style.ellipsis)
    }
}

extension Judgement {
    func text(_ style: TextStyle) -> JudgementText { JudgementText(judgement: self, style: style) }
}

extension Int {
    /// The nearest integer; no number at all is 0, and what is too large is cut.
    init(rounding value: Double) {
        self = value.isNaN ? 0 : Int(Swift.min(Swift.max(value, -1e18), 1e18).rounded())
    }
}

extension SiteChange {
    /// `+30.1 MiB ± 2.0 MiB parse parse.c:12`; what it has where there is nothing to compare with.
    func text(columns: Int, style: TextStyle) -> String {
        let name = frame?.text(columns: columns, style: style) ?? "code without a stack"
        let amount = before == nil ? now.text : "+\(growth.text)"
        return amount + (error > 0 ? " \(style.plusMinus) \(error.text)" : "") + " \(name)"
    }
}
