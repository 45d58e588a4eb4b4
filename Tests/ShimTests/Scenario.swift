import Foundation
import MemoryModel
import System
import Testing

@testable import Segment

/// What the books of one process must hold, as the scenario says.
struct Expectation: Equatable {
    var pid: Int32
    /// By granule.
    var liveBytes: [UInt64: Int] = [:]
    var blockCount = 0
    var large: [AddressRange] = []
    var mappings: [SegmentBooks.OwnMapping] = []

    var totalBytes: Int { liveBytes.values.reduce(0, +) + large.reduce(0) { $0 + $1.count.rawValue } }

    /// The naive model: byte ranges poured over granules.
    mutating func addBlock(start: UInt64, bytes: UInt64) {
        blockCount += 1
        var at = start
        while at < start + bytes {
            let end = min(start + bytes, (at / 4096 + 1) * 4096)
            liveBytes[at / 4096, default: 0] += Int(end - at)
            at = end
        }
    }
}

/// A directory for one test, removed afterwards.
final class Scratch {
    let path = NSTemporaryDirectory() + "silt-shim-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    func create(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }
}

/// A running `shim-scenarios`.
final class Scenario {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread = Data()
    /// Its `say` lines so far.
    private(set) var said: [String] = []

    init(_ name: String, directory: String, _ numbers: [Int] = []) throws {
        // The test's executable and the programs lie in one folder.
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        process.executableURL = folder.appendingPathComponent("shim-scenarios")
        process.arguments = [name, directory] + numbers.map(String.init)
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    var pid: Int32 { process.processIdentifier }

    private func line() -> String? {
        while true {
            if let end = unread.firstIndex(of: 10) {
                defer { unread = Data(unread[(end + 1)...]) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { return nil }
            unread += more
        }
    }

    /// Waits until the books may be read, and tells what they must hold, process by process.
    func ready(_ place: SourceLocation = #_sourceLocation) throws -> [Expectation] {
        var found: [Expectation] = []
        while let words = line()?.split(separator: " ").map(String.init), words != ["ready"] {
            func number(_ index: Int, radix: Int = 16) throws -> UInt64 {
                try #require(UInt64(words[index], radix: radix), sourceLocation: place)
            }
            func range(to end: UInt64) throws -> AddressRange {
                AddressRange(start: Address(try number(1)), end: Address(end))
            }
            switch words[0] {
            case "process": found.append(Expectation(pid: Int32(try number(1, radix: 10))))
            case "block": found[found.count - 1].addBlock(start: try number(1), bytes: try number(2, radix: 10))
            case "large":
                found[found.count - 1].blockCount += 1
                found[found.count - 1].large.append(try range(to: try number(1) + number(2, radix: 10)))
            case "mapping":
                let mapping = SegmentBooks.OwnMapping(
                    range: try range(to: try number(2)), caller: Address(try number(3)))
                found[found.count - 1].mappings.append(mapping)
            default: said.append(words.dropFirst().joined(separator: " "))
            }
        }
        try #require(!found.isEmpty || !said.isEmpty, "the scenario ended early", sourceLocation: place)
        return found
    }

    /// Lets it go on.
    func go() throws { try input.fileHandleForWriting.write(contentsOf: Data([10])) }

    /// Lets it go on to its end. 0 for a clean one, otherwise the exit status or the number of the signal.
    func end() throws -> Int32 {
        try go()
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func kill() {
        _ = Foundation.kill(pid, SIGKILL)
        process.waitUntilExit()
    }
}

/// The line of the segment in the process's maps; nil where the process keeps no books.
func segmentMapping(of pid: Int32) throws -> Mapping? {
    let maps = String(decoding: try Descriptor.open("/proc/\(pid)/maps").readAll(), as: UTF8.self)
    // address perms offset dev inode pathname: proc_pid_maps(5)
    for line in maps.split(separator: "\n") where line.contains("/silt-\(pid)-") {
        let fields = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        let device = fields[3].split(separator: ":").compactMap { UInt32($0, radix: 16) }
        return Mapping(
            range: AddressRange(start: Address(0), end: Address(0)), permissions: [.read, .write, .shared],
            device: DeviceNumber(major: device[0], minor: device[1]), inode: try #require(UInt64(fields[4])),
            name: fields[5])
    }
    return nil
}

/// The books of a process, read as `silt` reads them.
func books(of pid: Int32) throws -> SegmentBooks {
    let mapping = try #require(try segmentMapping(of: pid), "process \(pid) maps no segment of its own")
    let root = try Descriptor.open("/proc/\(pid)/root", flags: O_DIRECTORY)
    return try SegmentFile.open(mapping: mapping, root: root, pid: Int(pid), owner: User.effective).read()
}

/// The books hold what the model holds, granule by granule, and nothing else.
func expect(_ books: SegmentBooks, hold model: Expectation, _ place: SourceLocation = #_sourceLocation) {
    var wrong: [String] = []
    var granules: Set<UInt64> = []
    for span in books.ledger.spans {
        for (index, bytes) in span.liveBytes.enumerated() where bytes != 0 {
            let granule = span.firstGranule.index + UInt64(index)
            granules.insert(granule)
            if model.liveBytes[granule] != Int(bytes) {
                wrong.append("granule \(granule): \(bytes), not \(model.liveBytes[granule] ?? 0)")
            }
        }
    }
    wrong += model.liveBytes.keys.filter { !granules.contains($0) }.map { "granule \($0): nothing" }
    #expect(wrong.isEmpty, "\(wrong.count) wrong, the first: \(wrong.prefix(5))", sourceLocation: place)
    #expect(books.torn == 0, sourceLocation: place)
    #expect(books.liveBytes.rawValue == model.totalBytes, sourceLocation: place)
    #expect(books.liveBlocks == model.blockCount, sourceLocation: place)
    #expect(books.blocks == model.large, sourceLocation: place)
    #expect(books.ownMappings == model.mappings, sourceLocation: place)
    #expect(books.isConsistent, sourceLocation: place)
}
