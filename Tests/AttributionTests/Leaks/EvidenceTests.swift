import Foundation
import MemoryModel
import Testing

@testable import Attribution

@Suite struct `The evidence` {
    @Test(
        arguments: [
            (0, 0, 0.5), (18, 18, 0.95), (17, 18, 0.9), (0, 100, 1 / 102.0), (40, 20, 21 / 22.0), (-5, 8, 0.1),
        ] as [(Double, Double, Double)])
    func `of survival is Laplace's rule`(kept: Double, count: Double, expected: Double) {
        #expect(abs(probability(ofKeeping: kept, of: count) - expected) < 1e-12)
        #expect(probability(ofKeeping: .nan, of: 1) == 0 && probability(ofKeeping: 1, of: -1) == 0)
    }

    @Test(
        arguments: [(0, 0, 1.0), (1, 1, 0.5), (14, 14, 1 / 16384.0), (0, 9, 1.0), (11, 14, 470 / 16384.0), (5, 4, 0.0)]
            as [(Int, Int, Double)])
    func `of steadiness is the sign test`(rises: Int, count: Int, expected: Double) {
        #expect(abs(probability(ofRises: rises, among: count) - expected) < 1e-12)
    }

    static let seen = SeenTime(SampledHistory(seconds: 60, intervalSeconds: 4.294967296))

    static func trend(_ levels: [Double], now: Double) -> GroupTrend {
        var trend = GroupTrend(seen)
        trend.add(StackHistory(kind: .mappings, stack: 0, born: Int(now), levels: levels))
        return trend
    }

    /// What is live at the end of each of 13 intervals, and the word; nothing is sampled.
    struct Course: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var now: Double
        var word: LeakGroup.Word?
        var level: @Sendable (Int) -> Double

        init(
            _ name: String, now: Double, _ word: LeakGroup.Word?, _ level: @escaping @Sendable (Int) -> Double
        ) {
            (testDescription, self.now, self.word, self.level) = (name, now, word, level)
        }
    }

    static let courses = [
        Course("a line", now: 14, .growing) { Double($0) },
        Course("a plateau from the fourth on", now: 4, nil) { Double(min($0, 4)) },
        Course("waves", now: 4, nil) { Double($0 % 4) },
        Course("a fall at the end", now: 6, nil) { Double(min($0, 20 - $0)) },
        Course("one step", now: 2, nil) { $0 < 8 ? 1 : 2 },
        Course("nothing", now: 0, nil) { _ in 0 },
    ]

    @Test(arguments: courses) func `of how it moves is enough where it rises all the time`(course: Course) {
        let trend = Self.trend((1...13).map { course.level($0) * 1e6 }, now: course.now * 1e6)
        #expect(Self.seen.intervals == 13 && Self.seen.middle == 6 && Self.seen.lastQuarter == 10)
        #expect(LeakEvidence(trend: trend, survival: 0, samplingVariance: { _ in 0 }).word == course.word)
    }

    @Test func `of survival does not name what did not grow by a hundredth`() {
        func word(_ end: Double, survival: Double) -> LeakGroup.Word? {
            let levels = (1...13).map { 1e6 + (end - 1e6) * Double($0) / 14 }
            let trend = Self.trend(levels, now: end)
            return LeakEvidence(trend: trend, survival: survival, samplingVariance: { _ in 0 }).word
        }
        #expect(word(1.005e6, survival: 1) == nil)
        #expect(word(1.05e6, survival: 1) == .growing)
        #expect(word(0.9e6, survival: 1) == nil)
    }

    @Test func `within two standard errors is none, and more is asked of what turns over`() {
        let trend = Self.trend((1...13).map { Double($0) * 1e6 }, now: 14e6)
        func word(_ deviation: Double, survival: Double) -> LeakGroup.Word? {
            LeakEvidence(trend: trend, survival: survival, samplingVariance: { _ in deviation * deviation }).word
        }
        // It grew by 8e6.
        #expect(word(9e6, survival: 0.96) == nil)
        #expect(word(5e6, survival: 0.96) == nil)
        #expect(word(3e6, survival: 0.96) == .growing)
        #expect(word(3e6, survival: 0.5) == nil)
        #expect(word(2e6, survival: 0.5) == .growing)
    }

    @Test func `of a rise that has ended is a suspicion where what rose is kept`() {
        let trend = Self.trend((1...13).map { Double(min($0, 9)) * 1e6 }, now: 9e6)
        func word(survival: Double) -> LeakGroup.Word? {
            LeakEvidence(trend: trend, survival: survival, samplingVariance: { _ in 1e10 }).word
        }
        #expect(word(survival: 0.96) == .suspect && word(survival: 0.9) == nil)
    }
}

@Suite struct `Mappings and threads` {
    static func heap(levels: [Double], born: Int, died: Int = 0) -> SampledHeap {
        var heap = SampledHeap(mappings: [SampledMapping(range: range(0x1000, 0x9000), stack: 0)])
        heap.stacks = [SampledStack(frames: [Frame(function: "maps")])]
        heap.readAt = 60_000_000_000
        heap.history = SampledHistory(
            seconds: 60, intervalSeconds: 4.294967296,
            sites: [StackHistory(kind: .mappings, stack: 0, born: born, died: died, levels: levels)])
        return heap
    }

    static func leaks(_ heap: SampledHeap, _ snapshot: Snapshot? = nil) throws -> LeakReport {
        var snapshot = snapshot ?? Snapshot([], [], nil)
        snapshot.heap = HeapWitness(sampled: heap)
        return try #require(attribute(snapshot).leaks)
    }

    @Test func `that are mapped and never unmapped are named, with what is mapped`() throws {
        let heap = Self.heap(levels: (1...13).map { Double($0) * 2e6 }, born: 28_000_000)
        let group = try #require(try Self.leaks(heap).groups.first)
        #expect(group.kind == .mappings && group.word == .growing && group.frames.first?.function == "maps")
        #expect(group.bytes == Estimate(0x8000 * 4096) && group.count == 1 && group.oldestSeconds == nil)
        #expect(group.growth == Estimate(16_000_000))
        let turned = Self.heap(levels: [Double](repeating: 8e6, count: 13), born: 800_000_000, died: 792_000_000)
        #expect(try Self.leaks(turned).groups == [])
    }

    private func threads(_ ages: [Double], start: String, from first: UInt64 = 100) -> [RunningThread] {
        ages.enumerated().map { index, age in
            RunningThread(
                ageSeconds: age, threadPointer: Address((first + UInt64(index) * 10) * 4096 - 2304),
                start: start.isEmpty ? nil : Frame(function: start))
        }
    }

    private func heap(_ running: [RunningThread], known: [Double] = []) -> SampledHeap {
        var heap = SampledHeap()
        heap.readAt = 60_000_000_000
        heap.history = SampledHistory(
            seconds: 60, intervalSeconds: 4.294967296,
            threads: known.isEmpty ? nil : StackHistory(kind: .threads, stack: nil, born: 0, levels: known),
            runningThreads: running)
        return heap
    }

    @Test func `that never end are named by what they run, with the bytes of their stacks`() throws {
        let leaked = threads((1...28).map { Double($0) * 2 }, start: "serve")
        let pool = threads([Double](repeating: 59, count: 40), start: "pool", from: 1000)
        let lines = leaked.indices.map { line(UInt64(91 + 10 * $0), UInt64(100 + 10 * $0)) }
        let resident = leaked.indices.map { anonymous(UInt64(97 + 10 * $0), UInt64(100 + 10 * $0)) }
        let report = try Self.leaks(heap(leaked + pool), Snapshot(lines, resident, nil, threads: 69))
        let group = try #require(report.groups.first)
        #expect(report.groups.count == 1 && report.judged == 2)
        #expect(group.kind == .threads && group.word == .growing && group.frames.first?.function == "serve")
        #expect(group.bytes == Estimate(28 * 3 * 4096) && group.count == 28 && group.oldestSeconds == 56)
    }

    @Test func `that come and go are not, nor a pool`() throws {
        // All that run are young.
        let young = threads((1...40).map { Double($0) / 10 }, start: "answer")
        #expect(try Self.leaks(heap(young)).groups == [])
        // They live long, but there were as many before: the shim knew them.
        let old = threads((1...28).map { Double($0) * 2 }, start: "answer")
        #expect(try Self.leaks(heap(old, known: [Double](repeating: 29, count: 13))).groups == [])
        #expect(try Self.leaks(heap(old)).groups.count == 1)
        #expect(try Self.leaks(heap(threads([Double](repeating: 50, count: 100), start: ""))).groups == [])
    }
}
