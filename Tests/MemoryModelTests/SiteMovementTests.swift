import MemoryModel
import Testing

@Suite struct `Movements of sites` {
    static func frame(_ function: String, _ file: String = "/build/1/a.c", line: Int = 1) -> Frame {
        Frame(function: function, file: file, line: line, module: "/bin/a")
    }

    static func report(
        mean: Int = 1, _ groups: [(Frame?, Int, Int)], groupCount: Int? = nil, mappings: [MappingSite] = []
    ) -> Report {
        var sites = SiteReport(mean: mean, mappings: mappings)
        sites.holds = SiteAnswer(
            .holds,
            groups: groups.map { frame, bytes, error in
                SiteGroup(frames: frame.map { [$0] } ?? [], bytes: Estimate(bytes, error: error))
            }, groupCount: groupCount)
        return Report(
            process: ProcessFacts(pid: 1, command: ["a"]), allocator: "glibc",
            coverage: Coverage(source: "shim", degraded: []), rss: 0, swap: 0, ledger: [], heap: HeapReport(),
            managed: Managed(unmanaged: 0),
            verdict: Verdict(kind: .healthy, bytes: 0, share: 0, summary: "", remedies: []), tunables: nil,
            reading: Reading(), sites: sites)
    }

    @Test func `join what is the same by function and file, wherever it was built and on whichever line`() {
        let before = Self.report([(Self.frame("f"), 100, 30), (Self.frame("g", line: 4), 50, 0), (nil, 7, 0)])
        let after = Self.report([
            (Self.frame("f", "/home/x/a.c", line: 9), 400, 40), (Self.frame("f", "/home/x/b.c"), 1_000, 0),
            (nil, 8, 0),
        ])
        let movements = siteMovements(from: before, to: after)
        #expect(
            movements.map(\.difference) == [
                Estimate(1_000), Estimate(300, error: 50), Estimate(-50), Estimate(1),
            ])
        #expect(movements.map(\.presence) == [.new, .both, .gone, .both])
        #expect(movements[1].frames.first?.line == 9, "as it is now")
        #expect(movements.allSatisfy { $0.isCertain && $0.subject == .holds })
    }

    @Test func `add what is one function on several lines`() {
        let before = Self.report([(Self.frame("f", line: 1), 100, 3), (Self.frame("f", line: 2), 10, 4)])
        #expect(siteMovements(from: before, to: before).isEmpty, "it did not move")
        let after = Self.report([(Self.frame("f", line: 3), 200, 12)])
        let movements = siteMovements(from: before, to: after)
        #expect(movements.map(\.before) == [Estimate(110, error: 5)] && movements[0].difference.error == 13)
    }

    @Test func `keep places apart where no function is known`() {
        let stripped = [1, 2].map { Frame(module: "/lib/x.so", offset: $0) }
        let before = Self.report([(stripped[0], 100, 0), (stripped[1], 10, 0)])
        let after = Self.report([(stripped[0], 100, 0), (stripped[1], 30, 0)])
        #expect(siteMovements(from: before, to: after).map(\.difference) == [Estimate(20)])
    }

    /// Nothing was seen of it, which is not to say that there was nothing.
    @Test(arguments: [(1, nil, 0), (1_000, nil, 3_000), (1, 5, 80), (1_000, 5, 3_000)])
    func `know how much a site may have that is not named`(mean: Int, groupCount: Int?, error: Int) {
        let before = Self.report(
            mean: mean, [(Self.frame("g"), 90, 0), (Self.frame("h"), 80, 0)], groupCount: groupCount)
        let after = Self.report(
            mean: mean,
            before.sites!.holds.groups.map { ($0.frames[0], $0.bytes.value, 0) }
                + [(Self.frame("f"), 2_500, 0)], groupCount: groupCount)
        let movement = siteMovements(from: before, to: after).first
        #expect(movement?.presence == .new && movement?.difference == Estimate(2_500, error: error))
        #expect(movement?.isCertain == (error < 2_500))
    }

    /// A live byte of this site pins ten: so would those that no sample is of.
    @Test func `know how much a site may pin that is not named`() {
        var after = Self.report(mean: 1_000, [])
        let group = SiteGroup(frames: [Self.frame("f")], bytes: Estimate(50_000), live: Estimate(5_000))
        after.sites?.pins = SiteAnswer(.pins, groups: [group])
        let movement = siteMovements(from: Self.report(mean: 1_000, []), to: after).first
        #expect(movement?.subject == .pins && movement?.difference == Estimate(50_000, error: 30_000))
    }

    @Test func `are of mappings too, which are exact, and of nothing where nothing was sampled`() {
        let big = MappingSite(frames: [Self.frame("map")], bytes: .mebibytes(9), count: 1)
        var before = Self.report([], mappings: [])
        let after = Self.report([], mappings: [big])
        let movements = siteMovements(from: before, to: after)
        #expect(movements.map(\.subject) == [.mappings] && movements[0].difference == Estimate(9 << 20, error: 1 << 20))
        before.sites = nil
        #expect(siteMovements(from: before, to: after).isEmpty)
    }

    @Test func `have a subject for each row that code is told of`() {
        let subjects = Cause.allCases.compactMap { SiteMovement.Subject($0) }
        #expect(subjects == [.holds, .left, .left, .pins, .mappings])
    }
}

@Suite struct `The difference of two reports` {
    @Test func `has a row a cause, the largest first, which sum to RSS's`() {
        func report(_ bytes: [Int]) -> Report {
            var report = `Movements of sites`.report([])
            report.ledger = zip(Cause.allCases, bytes).map { LedgerRow(cause: $0, bytes: ByteCount($1)) }
            report.rss = ByteCount(bytes.reduce(0, +))
            return report
        }
        let difference = ReportDifference(from: report([5, 100, 0, 7]), to: report([6, 20, 40, 7]))
        #expect(difference.rows.map(\.cause).prefix(3) == [.heapRetained, .heapKept, .heapLive])
        #expect(difference.rows.count == Cause.allCases.count)
        #expect(difference.rows.reduce(0) { $0 + $1.difference } == difference.rss && difference.rss == -39)
    }
}
