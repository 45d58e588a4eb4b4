import JSONText
import MemoryModel

extension RecordedMoment {
    /// - Parameters:
    ///   - name: What it is called among the moments of its process.
    ///   - isOver: Whether the process has ended.
    func data(name: String, isOver: Bool, _ strings: inout Interned<String>) -> JSON {
        let style = TextStyle()
        let reading = TableReading(heading: "", place: "", report: report)
        let rows = ledgerRows([reading], style: style).map { $0.data(&strings) }
        let causes = Cause.allCases.map { JSON.integer(report.bytes($0).rawValue) }
        let blocks = self.blocks(style).map { $0.data(&strings) }
        return object(
            ("kind", .string(kind.identifier)),
            ("name", .string(name)),
            ("seconds", .number(seconds)),
            ("rss", .integer(report.rss.rawValue)),
            ("live", .integer(report.heap.live.rawValue)),
            ("swap", .integer(report.swap.rawValue)),
            ("causes", .array(causes)),
            ("rows", .array(rows)),
            ("verdict", report.verdict.data(isOver: isOver)),
            ("blocks", .array(blocks)),
            ("notes", .array(report.coverage.degraded.map { .string(degradation($0, style: style)) })))
    }

    /// Which code is behind the rows, and what is proved to be leaked.
    private func blocks(_ style: TextStyle) -> [CodeBlock] {
        var blocks = unreachable.map { [CodeBlock($0)] } ?? []
        blocks += report.tellingAnswers.sorted { $0.total > $1.total }.map {
            CodeBlock(SiteBlock(answer: $0, isFull: false, style: style))
        }
        if let mappings = report.sites?.mappings, !mappings.isEmpty {
            blocks.append(CodeBlock(mappings, total: report.bytes(.mappings)))
        }
        return blocks + (report.leaks?.blocks(isFull: false, style: style) ?? []).map { CodeBlock($0) }
    }
}

extension RecordedMoment.Kind {
    /// As in a recording's file.
    fileprivate var identifier: String {
        switch self {
        case .peak: "peak"
        case .fragmentation: "fragmentation"
        case .mark: "mark"
        case .end: "end"
        }
    }

    var name: String {
        switch self {
        case .peak: "peak"
        case .fragmentation: "most free heap"
        case .mark(let name): name.isEmpty ? "(mark without a name)" : name.tame
        case .end: "end"
        }
    }
}

extension TableRow {
    /// `[name, depth, weight, cause or -1, bytes, bytes in swap]`.
    fileprivate func data(_ strings: inout Interned<String>) -> JSON {
        let weight =
            switch self.weight {
            case .subtotal: "subtotal"
            case .cause: "cause"
            case .owner: "owner"
            }
        let column = cause.flatMap { Cause.allCases.firstIndex(of: $0) } ?? -1
        return .array([
            .integer(strings.index(of: name.tame)), .integer(depth), .string(weight), .integer(column),
            .integer(cells[0].bytes.rawValue), .integer(cells[0].swap.rawValue),
        ])
    }
}

extension Verdict {
    fileprivate func data(isOver: Bool) -> JSON {
        let remedies = self.remedies.map { remedy in
            object(
                ("label", .string(remedy.kind.label(isOver: isOver))),
                ("action", .string(remedy.action.tame)),
                ("effect", remedy.predicted.map { .string(effect($0, isOver: isOver && remedy.kind == .now)) } ?? .null)
            )
        }
        return object(
            ("kind", .string(kind.rawValue)),
            ("tone", .string(tone)),
            ("bytes", .integer(kind == .healthy ? 0 : bytes.rawValue)),
            ("summary", .string(summary.tame)),
            ("remedies", .array(remedies)))
    }

    /// The class of its colour.
    private var tone: String {
        switch ink {
        case .good: "good"
        case .bad: "bad"
        default: "warning"
        }
    }
}
