package import MemoryModel
import System

/// Where residency is read from.
package enum ResidencySource: String, CaseIterable, Sendable {
    /// PAGEMAP_SCAN where the kernel has it, else pagemap and smaps.
    case automatic
    /// ioctl(PAGEMAP_SCAN), Linux 6.7: exact, and milliseconds a GiB.
    case pagemapScan
    /// `/proc/PID/pagemap`, and smaps only where it leaves too much open: any kernel.
    case pagemap
    /// `/proc/PID/pagemap`, reconciled with smaps: slower, and the target waits while smaps is read.
    case smaps
}

/// What of `mappings` is resident or in swap: ascending, disjoint, and no run goes over the end of a mapping.
///
/// The resident runs of a process that stands still sum to `Rss` of smaps_rollup exactly. Pages of shared memory in
/// swap are in no run: the page tables do not show them.
///
/// - Parameter mappings: ``ProcessDirectory/maps()``.
package func residency(
    of process: borrowing ProcessDirectory, mappings: [Mapping], source: ResidencySource = .automatic
) throws(ProcessError) -> [ResidencyRun] {
    let runs: [ResidencyRun]
    switch source {
    case .pagemapScan: runs = try scannedResidency(of: process, mappings: mappings)
    case .pagemap: runs = try pagemapResidency(of: process, mappings: mappings)
    case .smaps: runs = try reconciledResidency(of: process)
    case .automatic:
        do throws(ProcessError) {
            runs = try scannedResidency(of: process, mappings: mappings)
        } catch {
            guard case .failed(let cause) = error, cause.isUnsupportedScan else { throw error }
            runs = try pagemapResidency(of: process, mappings: mappings)
        }
    }
    return clip(runs, to: mappings)
}

/// The parts of `runs` that lie in `mappings`; both ascending and disjoint.
func clip(_ runs: [ResidencyRun], to mappings: [Mapping]) -> [ResidencyRun] {
    var clipped: [ResidencyRun] = []
    clipped.reserveCapacity(runs.count)
    var index = 0
    for mapping in mappings {
        while index < runs.count, runs[index].range.end <= mapping.range.start { index += 1 }
        var position = index
        while position < runs.count, runs[position].range.start < mapping.range.end {
            let part = runs[position].range.intersection(mapping.range)
            clipped.append(ResidencyRun(range: part, state: runs[position].state))
            position += 1
        }
        // The last one may reach into the next mapping.
        index = max(index, position - 1)
    }
    return clipped
}

extension Mapping {
    /// A page of the kernel's, in every process at one address above user space, and in no page table of a process
    /// (arch/x86/entry/vsyscall/vsyscall_64.c).
    var isVsyscall: Bool { name == "[vsyscall]" }
}
