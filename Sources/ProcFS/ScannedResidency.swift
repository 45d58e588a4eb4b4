import MemoryModel
import System

/// Residency by PAGEMAP_SCAN, of everything between the first mapping and the last.
///
/// Rss counts what is present and not the zero page (`fs/proc/task_mmu.c`: smaps_pte_entry asks vm_normal_page, which
/// the zero page is not; pagemap_page_category says PAGE_IS_PFNZERO).
func scannedResidency(
    of process: borrowing ProcessDirectory, mappings: [Mapping]
) throws(ProcessError) -> [ResidencyRun] {
    guard let first = mappings.first, let last = mappings.last(where: { !$0.isVsyscall }) else { return [] }
    let range = first.range.start.rawValue..<max(first.range.start.rawValue, last.range.end.rawValue)
    let excluded = try hugetlbRanges(of: process)
    let pagemap = try process.open("pagemap")
    do throws(SystemError) {
        var runs: [ResidencyRun]
        do throws(SystemError) {
            runs = try scan(pagemap, range: range, guards: [.guardPage])
        } catch {
            guard error.isUnsupportedScan else { throw error }
            // Before Linux 6.15: a guard page is in swap for all that can be known.
            runs = try scan(pagemap, range: range, guards: [])
        }
        if !excluded.isEmpty { runs.removeAll { run in excluded.contains { $0.contains(run.range.start) } } }
        return runs
    } catch {
        throw ProcessError(error, pid: process.pid, file: "pagemap")
    }
}

private func scan(
    _ pagemap: borrowing Descriptor, range: Range<UInt64>, guards: PageCategories
) throws(SystemError) -> [ResidencyRun] {
    let filter = PageFilter(
        anyOf: [.present, .swapped], noneOf: guards.union(.zero), reported: [.present, .swapped, .file])
    var runs: [ResidencyRun] = []
    try pagemapScan(pagemap, range: range, filter: filter) { region in
        let isPresent = region.categories.contains(.present)
        runs.append(
            ResidencyRun(
                range: AddressRange(start: Address(region.start), end: Address(region.end)),
                state: !isPresent ? .swapped : region.categories.contains(.file) ? .file : .anonymous))
    }
    return runs
}

/// Mappings of hugetlb pages, which are not in Rss. Only smaps knows them all.
private func hugetlbRanges(of process: borrowing ProcessDirectory) throws(ProcessError) -> [AddressRange] {
    try process.hasHugetlbPages() ? process.smaps().filter(\.isHugetlb).map(\.mapping.range) : []
}

extension ProcessDirectory {
    /// The kernel counts them exactly (`fs/proc/task_mmu.c`, task_mem and hugetlb_report_usage).
    func hasHugetlbPages() throws(ProcessError) -> Bool { try status().hugetlb.map { $0 > 0 } ?? false }
}
