package import MemoryModel

/// What moved between two sides, process by process: two files, or two moments of one.
package struct Differences: Sendable {
    /// One side of a comparison.
    package struct Side: Sendable {
        var file: String
        /// `nil` of a report that was saved by itself.
        var moment: MomentName?

        package init(file: String, moment: MomentName?) {
            self.file = file
            self.moment = moment
        }
    }

    var before: Side
    var after: Side
    /// The largest first.
    var processes: [ReportDifference]
    /// Commands of processes that only one side has.
    var onlyBefore: [[String]]
    var onlyAfter: [[String]]
    /// What is not the same of the machine and the settings.
    var environment: [FactDifference]
    /// The most sites of each subject that are shown.
    var limit: Int

    package init(
        before: Side, after: Side, processes: [ReportDifference], onlyBefore: [[String]] = [],
        onlyAfter: [[String]] = [], environment: [FactDifference] = [], limit: Int = 10
    ) {
        self.before = before
        self.after = after
        self.processes = processes.sorted { $0.rss.rawValue.magnitude > $1.rss.rawValue.magnitude }
        self.onlyBefore = onlyBefore
        self.onlyAfter = onlyAfter
        self.environment = environment
        self.limit = limit
    }

    /// What heads the columns of the two sides: the moments where it is one file, else the files.
    func headings(_ style: TextStyle) -> (before: String, after: String) {
        let isOneFile = before.file == after.file
        func heading(_ side: Side) -> String {
            let name =
                isOneFile ? side.moment?.description ?? "" : side.file.split(separator: "/").last.map(String.init)
            return style.printable(name ?? side.file).middleShortened(to: 16, ellipsis: style.ellipsis)
        }
        let (left, right) = (heading(before), heading(after))
        return left == right || left.isEmpty || right.isEmpty ? ("before", "after") : (left, right)
    }
}

extension ByteCount {
    /// A difference: with its sign, `+4.00 KiB`.
    var differenceText: String { rawValue > 0 ? "+" + text : text }
}

extension ReportDifference {
    /// The rows that tell where a difference of RSS comes from: those that are a tenth of the largest or more.
    var tellingRows: ArraySlice<Row> {
        let least = (rows.first?.difference.rawValue.magnitude ?? 0) / 10
        return rows.prefix(3).prefix { $0.difference != 0 && $0.difference.rawValue.magnitude >= least }
    }
}
