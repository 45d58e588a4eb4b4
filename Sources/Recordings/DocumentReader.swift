import JSONText
import MemoryModel

/// Makes values of the documents that `Rendering` writes: the inverse of each of its JSON files.
struct DocumentReader {
    /// Whether a word was met that this version does not know: a cause, a verdict, a course.
    private var hasLaterWords = false

    /// The case of a word; `other` where it is a later version's.
    mutating func word<Word: RawRepresentable<String>>(
        _ node: JSONNode, _ key: String, else other: Word
    ) throws(JSONError) -> Word {
        if let known = Word(rawValue: try node.text(key)) { return known }
        hasLaterWords = true
        return other
    }

    /// A `silt.report/1`.
    mutating func report(_ node: JSONNode) throws(JSONError) -> Report {
        let process = try node.required("process")
        let history = try node["history"].map { (node) throws(JSONError) in try self.history(node) }
        var report = Report(
            process: try facts(process), allocator: try process.text("allocator"),
            coverage: try coverage(try node.required("coverage")), rss: try node.bytes("rss_bytes"),
            swap: try node.bytes("swap_bytes"), ledger: try ledger(try node.required("ledger").array()),
            heap: try heap(try node.required("heap")), managed: try managed(try node.required("managed")),
            verdict: try verdict(try node.required("verdict")),
            tunables: try node["tunables"].map { (node) throws(JSONError) in try tunables(node) },
            reading: try reading(try node.required("reading")),
            sites: try node["sites"].map { (node) throws(JSONError) in try sites(node) },
            leaks: try node["leaks"].map { (node) throws(JSONError) in try leaks(node) },
            history: history?.history, trend: history?.trend)
        if hasLaterWords, !report.coverage.degraded.contains(Self.later) { report.coverage.degraded.append(Self.later) }
        return report
    }

    /// What a report is that has words of a later version.
    static let later = "later-version"

    func facts(_ node: JSONNode) throws(JSONError) -> ProcessFacts {
        ProcessFacts(
            pid: try node.amount("pid"), command: try node.texts("command"), threads: try node.amount("threads"),
            uptimeSeconds: try node.figure("uptime_seconds"), highWater: try node.bytesIfAny("high_water_bytes"),
            forkedFrom: try node.amountIfAny("forked_from"))
    }

    private func coverage(_ node: JSONNode) throws(JSONError) -> Coverage {
        Coverage(source: try node.text("source"), degraded: try node.identifiers("degraded"))
    }

    private func managed(_ node: JSONNode) throws(JSONError) -> Managed {
        Managed(
            managed: try node.bytesIfAny("managed_bytes"), spilled: try node.bytesIfAny("spilled_bytes"),
            unmanaged: try node.signedBytes("unmanaged_bytes"),
            unmanagedOld: try node.signedBytesIfAny("unmanaged_old_bytes"),
            unmanagedRecent: try node.signedBytesIfAny("unmanaged_recent_bytes"))
    }

    private mutating func verdict(_ node: JSONNode) throws(JSONError) -> Verdict {
        var remedies: [Verdict.Remedy] = []
        for item in try node.list("remedies") {
            remedies.append(
                Verdict.Remedy(
                    kind: try word(item, "kind", else: .lasting), action: try item.text("action"),
                    predicted: try item.bytesIfAny("predicted_bytes")))
        }
        return Verdict(
            kind: try word(node, "cause", else: .unknown), bytes: try node.signedBytes("bytes"),
            share: try node.figure("share"), summary: try node.text("summary"), remedies: remedies)
    }

    private func tunables(_ node: JSONNode) throws(JSONError) -> Tunables {
        Tunables(
            mmapThreshold: try node.threshold("mmap_threshold_bytes"),
            trimThreshold: try node.threshold("trim_threshold_bytes"), isDynamic: try node.truth("dynamic"),
            raisedBy: try node.textIfAny("raised_by"), trimCalls: try node.amount("trim_calls"))
    }

    private func reading(_ node: JSONNode) throws(JSONError) -> Reading {
        Reading(
            seconds: try node.figure("seconds"), stopped: try node.truth("stopped"),
            moved: try node.bytes("moved_bytes"))
    }

    /// One row a cause, whatever the document has: what a later cause has is unexplained here.
    private mutating func ledger(_ nodes: [JSONNode]) throws(JSONError) -> [LedgerRow] {
        guard nodes.count <= JSONNode.itemsAtMost else {
            throw JSONError(line: nodes[0].line, "'ledger' has more than \(JSONNode.itemsAtMost) rows")
        }
        var rows = Dictionary(uniqueKeysWithValues: Cause.allCases.map { ($0, LedgerRow(cause: $0, bytes: 0)) })
        for node in nodes {
            let cause = Cause(rawValue: try node.text("cause"))
            if cause == nil { hasLaterWords = true }
            var row = rows[cause ?? .unexplained]!
            row.bytes += try node.signedBytes("bytes")
            row.swap += try node.bytes("swap_bytes")
            if cause != nil {
                row.owners += try node.list("owners").map { (node) throws(JSONError) in
                    LedgerRow.Owner(name: try node.text("owner"), bytes: try node.signedBytes("bytes"))
                }
            }
            rows[row.cause] = row
        }
        return Cause.allCases.map { rows[$0]! }
    }
}

extension JSONNode {
    /// A threshold may be any number that fits: SIZE_MAX switches it off.
    fileprivate func threshold(_ key: String) throws(JSONError) -> ByteCount {
        ByteCount(try required(key).integer())
    }
}
