import MemoryModel

/// The groups of one word and kind: what they have in common in a sentence, and a row for each.
struct LeakBlock {
    var word: LeakGroup.Word
    var kind: LeakGroup.Kind
    var groups: [LeakGroup]
    var report: LeakReport
    /// Whether each caller has a line of its own.
    var isFull: Bool
    var style: TextStyle

    func lines() -> [StyledLine] {
        let rows = groups.map {
            SiteRow(figures: figures($0), name: $0.frames.isEmpty ? noName : "", frames: $0.frames)
        }
        return wrapped(
            [Span(sentence)], columns: style.proseColumns, label: Span(word.rawValue, word.ink.bold),
            indent: labelColumns)
            + SiteRow.lines(rows, headings: headings, isFull: isFull, style: style)
    }

    var sentence: String {
        let seen = "the last \(duration(report.growthSeconds)) of \(duration(report.seconds))"
        let holders =
            switch kind {
            case .heap: count(groups.count, "site that allocates", "sites that allocate")
            case .mappings: count(groups.count, "site that maps memory", "sites that map memory")
            case .threads: count(groups.count, "kind of threads", "kinds of threads")
            }
        let isOne = groups.count == 1
        switch word {
        case .growing: return "\(holders): \(isOne ? "holds" : "hold") more and more until now, over \(seen)"
        case .suspect: return "\(holders): grew over \(seen) and \(isOne ? "keeps" : "keep") it, but not until now"
        case .leaked: return "\(holders): \(isOne ? "holds" : "hold") what nothing points to any more"
        }
    }

    var headings: [String] {
        switch kind {
        case .heap: ["live", "error", "rate", "score", "oldest"]
        case .mappings: ["mapped", "count", "rate", "score"]
        case .threads: ["stacks", "threads", "rate", "score", "oldest"]
        }
    }

    func figures(_ group: LeakGroup) -> [String] {
        // Evidence is never whole.
        let score = (0...1).contains(group.score) ? group.score.percentOfNotAll : ""
        let oldest = group.oldestSeconds.map { (0..<1e12).contains($0) ? $0.secondsText : "" } ?? ""
        switch kind {
        case .heap:
            let error = "\(style.plusMinus) \(group.bytes.errorBytes.text)"
            return [group.bytes.bytes.text, error, report.rateText(group), score, oldest]
        case .mappings: return [group.bytes.bytes.text, group.count.short, report.rateText(group), score]
        case .threads:
            return [group.bytes.bytes.text, group.count.short, report.rateText(group), score, oldest]
        }
    }

    var noName: String { kind == .threads ? "(unknown function)" : "(no stack)" }
}

extension LeakReport {
    /// Of growth, in the shortest time that makes a whole unit: `1.3 MiB/s`, `44 KiB/h`, `2/min`.
    func rateText(_ group: LeakGroup) -> String {
        let times: [(seconds: Double, name: String)] = [(1, "s"), (60, "min"), (3_600, "h")]
        let isCount = group.kind == .threads
        for (seconds, name) in times {
            let amount = rate(group.growth.value, per: seconds)
            guard amount >= (isCount ? 2 : 1024) || name == "h" else { continue }
            return (isCount ? amount.short : ByteCount(amount).text) + "/" + name
        }
        return ""
    }

    /// The rate of growth, rounded.
    func rate(_ growth: Int, per seconds: Double) -> Int {
        guard growthSeconds > 0 else { return 0 }
        let amount = (Double(growth) / growthSeconds * seconds).rounded()
        return Int(exactly: min(max(amount, -1e18), 1e18)) ?? 0
    }

    /// The groups in blocks, in their order.
    func blocks(isFull: Bool, style: TextStyle) -> [LeakBlock] {
        LeakGroup.Word.allCases.flatMap { word in
            LeakGroup.Kind.allCases.compactMap { kind in
                let groups = groups.filter { $0.word == word && $0.kind == kind }
                guard !groups.isEmpty else { return nil }
                return LeakBlock(word: word, kind: kind, groups: groups, report: self, isFull: isFull, style: style)
            }
        }
    }

    /// The lines of all blocks, each behind an empty one.
    func lines(isFull: Bool, style: TextStyle) -> [StyledLine] {
        blocks(isFull: isFull, style: style).flatMap { [StyledLine()] + $0.lines() }
    }
}

extension Int {
    /// In at most ten columns.
    fileprivate var short: String { self < 10_000_000 ? grouped : ">9,999,999" }
}

extension LeakGroup.Word {
    fileprivate var ink: Ink { self == .suspect ? .plain : .warning }
}
