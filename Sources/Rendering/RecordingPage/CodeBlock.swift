import JSONText
import MemoryModel

/// A table of code: what it is about, a heading for each figure, and a row for each site.
struct CodeBlock {
    struct Row {
        var figures: [String]
        /// Of the largest row.
        var share: Double
        var name: String
        var frames: ArraySlice<Frame>
    }

    /// How much of each answer a page has.
    private static let mostRows = 8
    private static let mostCallers = 6

    var label: String
    var sentence: String
    var headings: [String]
    var rows: [Row]

    init(_ block: SiteBlock) {
        label = block.label
        sentence = block.sentence
        headings = block.headings
        let most = block.answer.groups.map(\.bytes.value).max() ?? 0
        rows = block.answer.groups.prefix(Self.mostRows).map { group in
            Row(
                figures: block.figures(group), share: group.bytes.bytes.share(of: ByteCount(most)),
                name: block.name(group), frames: group.frames[...])
        }
    }

    init(_ block: LeakBlock) {
        label = block.word.rawValue
        sentence = block.sentence
        headings = block.headings
        let most = block.groups.map(\.bytes.value).max() ?? 0
        rows = block.groups.prefix(Self.mostRows).map { group in
            Row(
                figures: block.figures(group), share: group.bytes.bytes.share(of: ByteCount(most)),
                name: group.frames.isEmpty ? block.noName : "", frames: group.frames[...])
        }
    }

    init(_ report: UnreachableReport) {
        label = "leaked"
        sentence =
            "\(report.leaked.bytes.text) in \(count(report.leaked.blocks, "block", "blocks")), proved: nothing in "
            + "the process leads to them any more"
        if !report.isComplete {
            sentence += "; \(report.decidedShare.percentOfNotAll) of the live blocks could be decided"
        }
        headings = UnreachableReport.headings
        let most = report.groups.map(\.tally.bytes).max() ?? 0
        rows = report.groups.prefix(Self.mostRows).map { group in
            Row(
                figures: group.figures, share: group.tally.bytes.share(of: most),
                name: group.frames.isEmpty ? "(no stack)" : "", frames: group.siteFrames)
        }
    }

    init(_ mappings: [MappingSite], total: ByteCount) {
        label = "mapped by"
        sentence = "\(total.text) are mappings of the program's own; of those of 1 MiB and more, exactly"
        headings = ["resident", "count"]
        let most = mappings.map(\.bytes).max() ?? 0
        rows = mappings.prefix(Self.mostRows).map { site in
            Row(
                figures: [site.bytes.text, site.count.grouped], share: site.bytes.share(of: most),
                name: site.frames.isEmpty ? "(no stack)" : "", frames: site.frames[...])
        }
    }

    func data(_ strings: inout Interned<String>) -> JSON {
        var rows: [JSON] = []
        for row in self.rows {
            var frames = row.frames.prefix(Self.mostCallers + 1).map { frame in
                JSON.array([
                    .integer(strings.index(of: frame.shortName)),
                    // Without a function its name is its place.
                    .integer(strings.index(of: frame.function.isEmpty ? "" : frame.place(TextStyle()))),
                ])
            }
            if !row.name.isEmpty {
                frames.insert(
                    .array([.integer(strings.index(of: row.name.tame)), .integer(strings.index(of: ""))]), at: 0)
            }
            let share = (max(0, min(1, row.share)) * 1000).rounded() / 1000
            rows.append(
                object(
                    ("figures", .array(row.figures.map(JSON.string))), ("share", .number(share)),
                    ("frames", .array(frames))))
        }
        return object(
            ("label", .string(label)), ("sentence", .string(sentence)),
            ("headings", .array(headings.map(JSON.string))), ("rows", .array(rows)))
    }
}
