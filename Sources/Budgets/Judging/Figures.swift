import MemoryModel

/// Figures of recordings: a number, or why there is none.
struct Figures {
    /// Leaks that are known and accepted.
    var suppressions: [Suppression]

    /// A quantity of a process at a moment.
    func figure(_ quantity: Quantity, _ process: RecordedProcess, at name: MomentName) throws(Unmeasured) -> Double {
        // The kernel keeps this one for itself: it needs no reading.
        if quantity == .rss, name.kind == .peak, name.occurrence == nil {
            let highest = process.moments.map(\.report.rss).max() ?? 0
            let peak = max(process.highWater, highest)
            guard peak > 0 else { throw .noReading }
            return Double(peak.rawValue)
        }
        return try figure(quantity, try process.moment(name))
    }

    func figure(_ quantity: Quantity, _ moment: RecordedMoment) throws(Unmeasured) -> Double {
        let report = moment.report
        // RSS is the kernel's word, and a proof says by itself how far it goes.
        switch quantity {
        case .rss: return Double(report.rss.rawValue)
        case .leaked: return try leaked(moment)
        default: try report.coverage.check()
        }
        let heap = report.heap
        switch quantity {
        case .row(let cause): return Double(report.bytes(cause).rawValue)
        case .rss, .leaked: return 0
        case .live: return Double(heap.live.rawValue)
        case .liveBlocks: return Double(heap.liveBlocks)
        case .free: return report.free
        case .predictedTrim: return Double(heap.predictedTrim.rawValue)
        case .fragmentation:
            let whole = report.free + Double(report.bytes(.heapLive).rawValue)
            return whole > 0 ? report.free / whole : 0
        }
    }

    /// Nothing is in doubt of a proof that is incomplete but has already found leaks.
    private func leaked(_ moment: RecordedMoment) throws(Unmeasured) -> Double {
        guard let proof = moment.unreachable else {
            if let reason = moment.proofFailure { throw .proofFailed(reason) }
            throw .noProof
        }
        let accepted = suppressions + ((try? Suppression.parse(proof.ownSuppressions)) ?? [])
        let groups = proof.groups.filter { group in !accepted.contains { $0.matches(group.frames) } }
        let bytes = groups.reduce(0.0) { $0 + Double($1.tally.bytes.rawValue) } + Double(proof.further.bytes.rawValue)
        if bytes == 0, !proof.isComplete { throw .proofIncomplete(proof.decidedShare) }
        return bytes
    }
}

extension Report {
    fileprivate var free: Double {
        [Cause.heapRetained, .heapKept, .heapFragmented].reduce(0) { $0 + Double(bytes($1).rawValue) }
    }
}

extension Coverage {
    /// What leaves every figure of the ledger as it is: names that are missing, one operation that may be, threads that
    /// share a place.
    private static let harmless: Set = ["samples-unreadable", "fork-inexact", "slots-exhausted"]

    func check() throws(Unmeasured) {
        let missing = degraded.filter { !Coverage.harmless.contains($0) }
        guard missing.isEmpty else { throw .booksIncomplete(missing) }
        guard source != "none" else { throw .booksIncomplete(["segment-missing"]) }
    }
}

extension RecordedProcess {
    /// A moment, or why it cannot be told.
    func moment(_ name: MomentName) throws(Unmeasured) -> RecordedMoment {
        guard isCovered else { throw .uncovered }
        guard !moments.isEmpty else { throw .noReading }
        // Its last reading is one of those made in between, not the one that a process waits for.
        if name.kind == .end, ending == .lost { throw .killed }
        if let moment = self[name] { return moment }
        // Where no reading was higher than one that has another name, that one is the peak.
        if name == MomentName(.peak), let highest = moments.max(by: { $0.report.rss < $1.report.rss }) {
            return highest
        }
        throw .noMoment(name)
    }
}
