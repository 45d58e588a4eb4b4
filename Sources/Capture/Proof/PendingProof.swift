package import MemoryModel
internal import ProcFS
internal import Reachability
internal import Segment
internal import Symbols
internal import System

/// What a proof found, with code that has no names yet. The process is no longer needed, and may end.
///
/// A class, to be kept in collections: it holds descriptors.
package final class PendingProof {
    private var report: UnreachableReport
    /// The stack of each group; `nil`: none was taken.
    private let stacks: [Int?]
    private var names: PendingNames?

    /// The largest are kept; names are looked for of these only.
    private static let mostGroups = 1 << 14

    init(
        _ proof: ReadProof, books: SegmentBooks, samples: SegmentSamples?, process: borrowing ProcessDirectory,
        heldNanoseconds: Int64
    ) {
        let sums = LeakSums(proof)
        var groups = sums.groups.sorted {
            ($1.value.bytes, $1.value.blocks, $0.key.stack, $0.key.isDirect ? 0 : 1)
                < ($0.value.bytes, $0.value.blocks, $1.key.stack, $1.key.isDirect ? 0 : 1)
        }
        let facts =
            (try? process.facts()) ?? ProcessFacts(pid: Int(process.pid), command: ["[\(process.pid)]"])
        report = UnreachableReport(
            process: facts, groups: [],
            live: UnreachableReport.Tally(blocks: books.liveBlocks, bytes: books.liveBytes),
            reachable: sums.reachable, undecided: sums.undecided, isComplete: proof.isComplete,
            heldSeconds: Double(heldNanoseconds) / 1e9, degraded: books.degraded + proof.degraded(books))
        for group in groups.dropFirst(Self.mostGroups) { report.further += group.value }
        groups = Array(groups.prefix(Self.mostGroups))
        stacks = groups.map { $0.key.stack == 0 ? nil : Int($0.key.stack) - 1 }
        report.groups = groups.map {
            UnreachableReport.Group(isDirect: $0.key.isDirect, tally: $0.value, frames: [])
        }
        readOwnSuppressions(of: process)
        guard var samples else {
            report.degraded.append("samples-unreadable")
            return
        }
        // One sample stands for each group, to have its stack named.
        let isThere = samples.stacks.map { $0 != nil }
        samples.live = stacks.map { stack in
            let stack = stack.flatMap { isThere.indices.contains($0) && isThere[$0] ? $0 : nil }
            return HeapSample(address: Address(0), bytes: 1, born: 0, thread: 0, stack: stack)
        }
        let unnamed = UnnamedSamples(samples: samples, mappings: [], readAt: 0)
        names = PendingNames(unnamed, of: process, mappings: proof.mappings, library: proof.library)
    }

    /// The program's file is opened as it is, and nothing of it is run.
    private func readOwnSuppressions(of process: borrowing ProcessDirectory) {
        guard let found = try? process.open("exe", flags: Descriptor.pathOnly), let status = try? found.status(),
            status.isRegular, let file = try? found.opened()
        else { return }
        switch constantText(returnedBy: "__lsan_default_suppressions", in: file) {
        case .text(let text): report.ownSuppressions = text
        case .missing: break
        case .notConstant: report.degraded.append("suppressions-unknown")
        }
    }

    /// The report with the names of the code, as far as its files tell.
    package func named() -> UnreachableReport {
        guard let heap = names?.named() else { return report }
        var report = report
        for (index, sample) in heap.live.enumerated() where index < report.groups.count {
            guard let stack = sample.stack.map({ heap.stacks[$0] }) else { continue }
            report.groups[index].frames = stack.frames
            report.groups[index].isCut = stack.isCut
        }
        report.degraded += heap.degraded.filter { $0 != "samples-full" }
        return report
    }
}

extension ReadProof {
    /// Why not everything is decided, beside what the books lack.
    func degraded(_ books: SegmentBooks) -> [String] {
        let reasons: [(Bool, String)] = [
            (table.mean > 1, "sampled"), (table.dropped > 0, "samples-full"), (table.impossible > 0, "blocks-damaged"),
            (table.mean == 1 && table.dropped == 0 && !isComplete && table.impossible == 0, "blocks-unknown"),
            (marker.unreadable > 0, "memory-unreadable-in-part"), (!knowsArena, "arena-unknown"),
        ]
        return reasons.filter(\.0).map(\.1)
    }
}

/// Leaked blocks by stack, and the sums of all others.
private struct LeakSums {
    struct Key: Hashable {
        var stack: UInt32
        var isDirect: Bool
    }

    var groups: [Key: UnreachableReport.Tally] = [:]
    var reachable = UnreachableReport.Tally()
    var undecided = UnreachableReport.Tally()

    init(_ proof: ReadProof) {
        let blocks = proof.table.blocks
        for index in 0..<blocks.count {
            let block = blocks[index]
            let one = UnreachableReport.Tally(blocks: 1, bytes: proof.table.request(of: block))
            switch proof.marker.state(of: index) {
            case .reached: reachable += one
            case .undecided: undecided += one
            case .direct: groups[Key(stack: block.stack, isDirect: true), default: .init()] += one
            case .indirect: groups[Key(stack: block.stack, isDirect: false), default: .init()] += one
            }
        }
    }
}
