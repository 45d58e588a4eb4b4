import MemoryModel
import Segment
import Testing

/// Blocks and mappings, in one process.
struct `The books` {
    /// Runs a scenario to its end, comparing at every stop; nothing may be left in the directory.
    private func check(_ name: String, _ numbers: [Int] = [], stops: Int = 1) throws {
        let scratch = try Scratch()
        let scenario = try Scenario(name, directory: scratch.path, numbers)
        for stop in 1...stops {
            let model = try #require(try scenario.ready().first)
            let read = try books(of: scenario.pid)
            expect(read, hold: model)
            #expect(read.degraded == [] && read.allocator == "scenario" && read.leaving == .no)
            if stop < stops { try scenario.go() }
        }
        #expect(scenario.said.allSatisfy { $0 == "table reused" }, "\(scenario.said)")
        #expect(try scenario.end() == 0)
        #expect(try scratch.names() == [])
    }

    @Test func `count blocks at every edge of the arithmetic, and forget them`() throws {
        try check("edges", stops: 2)
    }

    @Test(arguments: [1, 2, 3], [1, 4])
    func `equal a naive model over threads that take over slots`(seed: Int, threads: Int) throws {
        try check("churn", [seed, threads, 20_000, 3], stops: 3)
    }

    @Test(arguments: [1, 2]) func `equal it with more threads than slots`(seed: Int) throws {
        try check("crowd", [seed])
    }

    @Test func `count what a thread does after it has returned its slot`() throws { try check("departed") }

    @Test(arguments: 1...6) func `keep mappings and large blocks apart, page by page`(seed: Int) throws {
        try check("ranges", [seed, 20_000])
    }

    /// Half a second is what a busy machine makes a thread wait that is in the middle of a change.
    @Test func `wait for a thread that is slow to end its change`() throws { try check("held-ranges", [500]) }

    @Test func `give up changes, and say so, where another one never ends`() throws {
        let scratch = try Scratch()
        let scenario = try Scenario("held-ranges", directory: scratch.path)
        let model = try #require(try scenario.ready().first)
        let read = try books(of: scenario.pid)
        expect(read, hold: model)
        #expect(read.degraded == ["ranges-busy"])
        #expect(try scenario.end() == 0)
    }

    /// Without it a pool that grows by pieces would fill the table.
    @Test func `join neighbours of one caller`() throws {
        let scratch = try Scratch()
        let scenario = try Scenario("ranges", directory: scratch.path, [7, 5000])
        let model = try #require(try scenario.ready().first)
        let pairs = zip(model.mappings, model.mappings.dropFirst())
        #expect(pairs.allSatisfy { $0.range.end != $1.range.start || $0.caller != $1.caller })
        #expect(try books(of: scenario.pid).ownMappings.count == model.mappings.count)
        #expect(try scenario.end() == 0)
    }
}
