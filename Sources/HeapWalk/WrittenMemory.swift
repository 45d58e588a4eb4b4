internal import MemoryModel
internal import System

/// The pages of the target that it has written itself.
///
/// Nothing else is read: a page that is not there is the page of whoever serves it (a file of a FUSE file system, a
/// userfaultfd), who may be hostile and never answer, and the reader would wait for ever. What the target changes after
/// its residency was read it can still hide there, so this bounds what an innocent target can do to us, and makes the
/// rest a race.
struct WrittenMemory {
    private let memory: ProcessMemory
    /// Anonymous, resident or in swap; ascending, disjoint, and none continues another.
    private let written: [AddressRange]

    /// - Parameter residency: Ascending and disjoint.
    init(_ memory: ProcessMemory, residency: [ResidencyRun]) {
        self.memory = memory
        written = residency.filter { $0.state != .file }.reduce(into: []) { ranges, run in
            if let last = ranges.last, last.end == run.range.start {
                ranges[ranges.count - 1].end = run.range.end
            } else {
                ranges.append(run.range)
            }
        }
    }

    /// The parts of a range that may be read, ascending.
    func parts(of range: AddressRange) -> [AddressRange] {
        let first = written.partitioningIndex { $0.end > range.start }
        return written[first...].prefix { $0.start < range.end }.map { $0.intersection(range) }
    }

    private func isWritten(_ range: Range<UInt64>) -> Bool {
        guard let holder = written.holding(Address(range.lowerBound)) else { return false }
        return range.upperBound <= holder.end.rawValue
    }

    /// The bytes of each range; `nil` where it cannot be read whole.
    func read(_ ranges: [Range<UInt64>]) -> [[UInt8]?] {
        let readable = ranges.indices.filter { !ranges[$0].isEmpty && isWritten(ranges[$0]) }
        var found = [[UInt8]?](repeating: nil, count: ranges.count)
        guard let bytes = try? memory.read(readable.map { ranges[$0] }) else { return found }
        for (index, bytes) in zip(readable, bytes) { found[index] = bytes }
        return found
    }

    /// `count` bytes from `start` on; `nil` where they cannot be read whole.
    func read(at start: Address, count: Int) -> [UInt8]? {
        let (end, overflows) = start.rawValue.addingReportingOverflow(UInt64(count))
        guard !overflows else { return nil }
        return read([start.rawValue..<end])[0]
    }
}
