import SampleReports
import TestSupport
import Testing

@testable import MemoryModel

@Suite struct `Marks that are many` {
    private static let report = Sample.pinned

    private static func recording(processes: Int = 1) -> Recording {
        Recording(
            command: ["loop"],
            processes: (0..<processes).map { RecordedProcess(index: $0, pid: $0 + 1, command: ["loop"]) })
    }

    private static func mark(_ name: String, _ number: Int) -> RecordedMoment {
        RecordedMoment(.mark(name), number: number, seconds: Double(number), report: report)
    }

    private func keep(_ mark: RecordedMoment, of process: Int, in recording: inout Recording) {
        let isKept = recording.keep(mark: mark, of: process)
        #expect(isKept)
    }

    @Test(arguments: [1, 255, 256, 257, 1000, 5000])
    func `of one name keep the first, the last, and others evenly`(count: Int) throws {
        var recording = Self.recording()
        for number in 1...count { keep(Self.mark("loop", number), of: 0, in: &recording) }
        let numbers = recording.processes[0].moments.compactMap(\.number)
        #expect(numbers.first == 1 && numbers.last == count && numbers == numbers.sorted())
        #expect(numbers.count <= 256 && numbers.count >= min(count, 128))
        // The early ones are at least half as far apart as the late ones, and no hole is larger than what was halved.
        let steps = zip(numbers, numbers.dropFirst()).map { $1 - $0 }
        #expect(steps.max() ?? 1 <= max(1, 4 * count / 256))
        #expect(recording.processes[0][MomentName(.mark("loop"), occurrence: count)]?.number == count)
    }

    /// Whatever comes in whatever order, there is room for it, and what stays is true.
    @Test(arguments: 0..<10)
    func `of many names and processes stay within what a file has room for`(seed: Int) throws {
        var randomness = Randomness(seed: seed)
        var recording = Self.recording(processes: 3)
        var counts: [[String: Int]] = Array(repeating: [:], count: 3)
        for _ in 0..<3000 {
            let process = Int.random(in: 0..<3, using: &randomness)
            let name = "mark-\(Int.random(in: 0..<5, using: &randomness) * Int.random(in: 0..<5, using: &randomness))"
            counts[process][name, default: 0] += 1
            keep(Self.mark(name, counts[process][name]!), of: process, in: &recording)
        }
        #expect(recording.processes.reduce(0) { $0 + $1.moments.count } <= 2048)
        for (process, counts) in zip(recording.processes, counts) {
            for (name, count) in counts {
                let numbers = process.numbered(.mark(name)).map(\.number)
                #expect(numbers.first == 1 && numbers.last == count, "\(name): \(numbers)")
            }
        }
    }

    @Test func `of too many names are refused, and those that are there stay`() {
        var recording = Self.recording()
        let taken = (0..<3000).map { recording.keep(mark: Self.mark("mark-\($0)", 1), of: 0) }
        #expect(taken.count { $0 } == 2048 && taken[..<2048].allSatisfy(\.self))
        #expect(recording.processes[0].moments.count == 2048)
    }
}
