import MemoryModel
import Testing

@testable import Budgets

@Suite struct `A limit on a site` {
    private func group(_ function: String, _ bytes: Int, error: Int = 0, blocks: Int = 1) -> SiteGroup {
        SiteGroup(
            frames: [Frame(function: function, file: "/src/\(function).c", line: 7), Frame(function: "main")],
            bytes: Estimate(bytes, error: error), blocks: Estimate(blocks))
    }

    private func check(_ groups: [SiteGroup], all: Int? = nil, limit: String) throws -> CheckReport {
        let sites = SiteReport(mean: 1, holds: SiteAnswer(.holds, groups: groups, groupCount: all ?? groups.count))
        let report = Scenario.report([.heapLive: 1000], sites: sites)
        let run = Scenario.recording([Scenario.process([Scenario.moment(.end, report)])])
        return try Scenario.check(run, limit: limit)
    }

    @Test func `sums what the pattern names, by its own frame alone`() throws {
        let groups = [group("cache::put", 500, blocks: 5), group("cache::get", 300, blocks: 3), group("other", 100)]
        #expect(
            try check(groups, limit: "\"site\": \"cache::*\", \"bytes\": \"800 B\", \"blocks\": 8").status == .within)
        #expect(try check(groups, limit: "\"site\": \"cache::*\", \"bytes\": \"799 B\"").status == .exceeded)
        #expect(try check(groups, limit: "\"site\": \"cache::*\", \"blocks\": 7").status == .exceeded)
        #expect(try check(groups, limit: "\"site\": \"main\", \"bytes\": \"0 B\"").status == .within)
        #expect(try check(groups, limit: "\"site\": \"put.c$\", \"bytes\": \"499 B\"").status == .exceeded)
    }

    @Test func `is not exceeded by what is within the error of the estimate`() throws {
        let groups = [group("f", 500, error: 100)]
        let inside = try check(groups, limit: "\"site\": \"f\", \"bytes\": \"450 B\"")
        #expect(inside.status == .within && inside.judgements[0].isLimitInSpread)
        #expect(try check(groups, limit: "\"site\": \"f\", \"bytes\": \"399 B\"").status == .exceeded)
    }

    @Test func `is not measured where the site may be among those that are not listed`() throws {
        let groups = [group("f", 500), group("g", 90)]
        #expect(try check(groups, all: 40, limit: "\"site\": \"h\", \"bytes\": \"90 B\"").status == .within)
        let unknown = try check(groups, all: 40, limit: "\"site\": \"h\", \"bytes\": \"89 B\"")
        #expect(unknown.judgements.map(\.outcome) == [.unmeasured(.siteUnlisted(least: 90))])
    }

    /// A module's, say: it may name any number of the small ones.
    @Test func `is not measured where a pattern of many may name what is not listed`() throws {
        func outcome(_ groups: [SiteGroup], whole: Int) throws -> [Judgement.Outcome] {
            let sites = SiteReport(
                mean: 1, holds: SiteAnswer(.holds, estimate: Estimate(whole), groups: groups, groupCount: 40))
            let moment = Scenario.moment(.end, Scenario.report([:], sites: sites))
            return try Scenario.check(
                Scenario.recording([Scenario.process([moment])]), limit: "\"site\": \"ns\", \"bytes\": \"900 B\""
            ).judgements.map(\.outcome)
        }
        let groups = [group("ns::a", 400), group("ns::b", 300)]
        #expect(try outcome(groups, whole: 901) == [.unmeasured(.sitesUnlisted(201))])
        #expect(try outcome(groups, whole: 900) == [.within])
        #expect(
            try outcome([group("ns::a", 400), group("other", 300)], whole: 901) == [.within], "one function is one")
    }

    @Test func `is not measured without samples`() throws {
        let report = try Scenario.check(Scenario.run([:]), limit: "\"site\": \"f\", \"bytes\": \"1 B\"")
        #expect(report.judgements.map(\.outcome) == [.unmeasured(.noSites)])
    }

    // Who grew -------------------------------------------------------------------------------------------------------

    private func figure(_ function: String, _ bytes: Int, line: Int = 1) -> SiteFigure {
        SiteFigure(frame: Frame(function: function, file: "a.c", line: line), bytes: ByteCount(bytes))
    }

    @Test func `names who grew most, wherever its line has moved`() {
        let before = [figure("a", 1000, line: 3), figure("b", 500), figure("gone", 70)]
        let now = [figure("a", 1100, line: 9), figure("b", 900), figure("new", 300), figure("d", 5), figure("c", 8)]
        let changes = siteChanges(now, since: before)
        #expect(changes.map(\.frame?.function) == ["b", "new", "a"])
        #expect(changes.map(\.growth) == [400, 300, 100])
        #expect(changes.map(\.before) == [500, 0, 1000])
        #expect(siteChanges(now, since: nil).map(\.frame?.function) == ["a", "b", "new"])
    }
}
