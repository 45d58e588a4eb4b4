import MemoryModel

/// Where the text of the lower part begins, behind its labels.
let labelColumns = 10

/// The verdict of a reading: its word, its figures, its sentence, and what to do.
///
/// - Parameters:
///   - place: further words behind the figures, such as `at exit`.
///   - isOver: whether the process has ended, so that what could be done to it can only be told in the past.
///   - told: actions that were already told, which are left out.
func verdictLines(
    _ verdict: Verdict, label: String, place: String = "", isOver: Bool, told: [String] = [], style: TextStyle
) -> [StyledLine] {
    var head = [Span(verdict.kind.rawValue, verdict.ink.bold)]
    if verdict.kind != .healthy && verdict.bytes != 0 {
        head.append(Span(", \(verdict.bytes.text) (\(verdict.share.percent) of RSS)"))
    }
    if !place.isEmpty { head.append(Span(", " + place)) }
    let columns = style.proseColumns
    var lines = wrapped(head, columns: columns, label: Span(label, .strong), indent: labelColumns)
    if !verdict.summary.isEmpty {
        lines += wrapped([Span(style.printable(verdict.summary))], columns: columns, indent: labelColumns)
    }
    for remedy in verdict.remedies where !told.contains(remedy.action) {
        lines += wrapped(
            [Span(style.printable(remedy.action))], columns: columns,
            label: Span(remedy.kind.label(isOver: isOver), .strong), indent: labelColumns)
        if let predicted = remedy.predicted {
            let effect = effect(predicted, isOver: isOver && remedy.kind == .now)
            lines += wrapped(
                [Span("\(style.arrow) \(effect)", predicted > 0 ? .good : .warning)], columns: columns,
                indent: labelColumns)
        }
    }
    return lines
}

extension Verdict.Remedy.Kind {
    /// When it is done.
    func label(isOver: Bool) -> String {
        switch self {
        case .now: isOver ? "then" : "now"
        case .lasting: "for good"
        }
    }
}

/// What a remedy is predicted to do.
func effect(_ predicted: ByteCount, isOver: Bool) -> String {
    (isOver ? "would have returned " : "would return ") + (predicted > 0 ? predicted.text : "nothing")
}

extension Report {
    /// Whether trimming is worth a word at the top: where it would help, and where people would try it in vain.
    var trimPhrase: String? {
        let isTempting: Bool
        switch verdict.kind {
        case .retention, .fragmentation, .threads: isTempting = allocator.hasPrefix("glibc")
        default: isTempting = false
        }
        guard isTempting else { return nil }
        return "malloc_trim(0) \(effect(heap.predictedTrim, isOver: false))"
    }
}
