import Foundation
import Testing

/// A heap whose trimming is predicted: a workload of Programs/trim-workloads on some threads.
struct Workload: CustomTestStringConvertible {
    var name: String
    var threads: Int
    /// Whether a forked child inherits the heap, and trims it.
    var forks: Bool

    var testDescription: String { "\(name), threads: \(threads)\(forks ? ", forked" : "")" }

    var command: [String] {
        [Build.program("trim-workloads"), name, "\(threads)", "--trim", "--gate"] + (forks ? ["--fork"] : [])
    }

    static func all() throws -> [Workload] {
        let names = try run([Build.program("trim-workloads"), "--list"]).output.split(separator: "\n")
        return [false, true].flatMap { forks in
            [1, 4].flatMap { threads in
                names.map { Workload(name: String($0), threads: threads, forks: forks) }
            }
        }
    }
}

struct `What malloc_trim returns` {
    private static let workloads = Result { try Workload.all() }

    @Test func `is predicted for many heaps`() throws {
        #expect(try Self.workloads.get().count >= 4 * 13)
    }

    @Test(arguments: try Self.workloads.get())
    func `is predicted, to 2 per cent or 512 KiB a thread`(_ workload: Workload) throws {
        try withScratch { scratch in
            try withTarget(workload.command, in: scratch) { target in
                _ = try target.message()
                let before = try report(on: target.pid)
                try target.tell()
                let ready = try #require(try target.ready().first)
                let pid = try #require(ready.pid)
                #expect((pid == target.pid) == !workload.forks)
                let report = try report(on: pid)
                let blind = try EndToEndTests.report(on: pid, "--without-memory")
                try target.tell()
                let trimmed = try target.message()
                try judge(workload, before: before, ready: ready, report, blind: blind, trimmed: trimmed)
            }
        }
    }

    private func judge(
        _ workload: Workload, before: ReportDocument, ready: Message, _ report: ReportDocument, blind: ReportDocument,
        trimmed: Message
    ) throws {
        expectWhole(report)
        expectWhole(blind)
        let rssBefore = try #require(trimmed.beforeRss)
        let rssAfter = try #require(trimmed.afterRss)
        let returned = rssBefore - rssAfter
        let predicted = report.heap.predictedTrimBytes
        let bound = max(returned / 50, (512 << 10) * workload.threads)
        let gained = report.heap.gained(since: before.heap)
        let checks = [
            ("\(predicted) is within \(bound) of \(returned)", abs(predicted - returned) <= bound),
            ("\(returned) lies in \(report.heap.predictedTrimRange)", isInRange(returned, report)),
            ("live bytes are the program's", gained.bytes == ready.liveBytes),
            ("live blocks are the program's", gained.blocks == ready.liveBlocks),
        ]
        expect(checks, report, #_sourceLocation)
        expect(
            [("blind: \(returned) lies in \(blind.heap.predictedTrimRange)", isInRange(returned, blind))], blind,
            #_sourceLocation)
        TrimTable.shared.add(
            TrimRow(
                workload: workload.name, threads: workload.threads, forked: workload.forks, predicted: predicted,
                returned: returned, blindRange: blind.heap.predictedTrimRange),
            of: try Self.workloads.get().count)
    }
}
