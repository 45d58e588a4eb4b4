import MemoryModel

/// A run of granules, by index (`address / 4096`). All of the partition is reckoned in these.
typealias Granules = Range<UInt64>

/// Bytes of a granule, as the type that byte counts have.
let granuleBytes = Int(Granule.bytes)

/// Where the sweep ends, as a granule.
///
/// User space ends below 2^56 even with five-level page tables (Documentation/arch/x86/x86_64/5level-paging.rst). What
/// lies above is the kernel's: `[vsyscall]` has a line in maps, but no page in RSS. Cutting here also keeps every sum
/// of bytes below 2^57, whatever a damaged snapshot says.
let endOfUserSpace: UInt64 = (1 << 57) / Granule.bytes

extension AddressRange {
    /// The granules that it touches, cut at the end of user space; empty where it is empty or upside down.
    var granules: Granules {
        let low = min(start.rawValue / Granule.bytes, endOfUserSpace)
        let partial: UInt64 = end.rawValue % Granule.bytes == 0 ? 0 : 1
        let high = min(end.rawValue / Granule.bytes + partial, endOfUserSpace)
        return isEmpty ? low..<low : low..<high
    }
}

extension Array where Element == Granules {
    /// The same granules in ascending, disjoint runs that do not touch.
    func merged() -> [Granules] {
        var result: [Granules] = []
        for run in sorted(by: { $0.lowerBound < $1.lowerBound }) where !run.isEmpty {
            if let last = result.last, run.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<Swift.max(last.upperBound, run.upperBound)
            } else {
                result.append(run)
            }
        }
        return result
    }
}

extension Array {
    /// The index of the first element that `isBelow` is false for; the elements that it is true for come first.
    func partitioningIndex(_ isBelow: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBelow(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
