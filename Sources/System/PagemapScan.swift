import CSystem
import Glibc

/// What the kernel says of a page: `PAGE_IS_*` of include/uapi/linux/fs.h.
package struct PageCategories: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    private init(_ bit: some BinaryInteger) { self.rawValue = UInt64(bit) }

    /// A page of a file or of shared memory.
    package static let file = PageCategories(CSYSTEM_PAGE_IS_FILE)
    package static let present = PageCategories(CSYSTEM_PAGE_IS_PRESENT)
    package static let swapped = PageCategories(CSYSTEM_PAGE_IS_SWAPPED)
    /// The zero page, small or huge: present, but not in RSS.
    package static let zero = PageCategories(CSYSTEM_PAGE_IS_PFNZERO)
    /// Made a guard by `MADV_GUARD_INSTALL`; looks swapped out otherwise. Since Linux 6.15.
    package static let guardPage = PageCategories(CSYSTEM_PAGE_IS_GUARD)
}

/// Consecutive pages of the same categories.
package struct PageRegion: Hashable, Sendable {
    /// The address of the first byte.
    package var start: UInt64
    /// The address after the last byte.
    package var end: UInt64
    package var categories: PageCategories

    package init(start: UInt64, end: UInt64, categories: PageCategories) {
        self.start = start
        self.end = end
        self.categories = categories
    }
}

/// Which pages a scan reports.
package struct PageFilter: Sendable {
    /// Pages in none of these are passed over.
    package var anyOf: PageCategories
    /// Pages in one of these are passed over.
    package var noneOf: PageCategories
    /// The categories that are told.
    package var reported: PageCategories

    package init(anyOf: PageCategories, noneOf: PageCategories, reported: PageCategories) {
        self.anyOf = anyOf
        self.noneOf = noneOf
        self.reported = reported
    }
}

/// Calls `body` with what ioctl(PAGEMAP_SCAN) reports of a range, ascending.
///
/// - Parameters:
///   - descriptor: `/proc/PID/pagemap`, of a process that may be running.
///   - range: Whole pages of user space.
/// - Throws: `ENOTTY` where the kernel has no PAGEMAP_SCAN (before 6.7), `EINVAL` where it does not know a category;
///   ``SystemError/isUnsupportedScan`` takes both. `ESRCH` where the process has no memory any more.
package func pagemapScan(
    _ descriptor: borrowing Descriptor, range: Range<UInt64>, filter: PageFilter, _ body: (PageRegion) -> Void
) throws(SystemError) {
    // One call holds the target's mmap_lock for as long as it walks (fs/proc/task_mmu.c, do_pagemap_scan), and whatever
    // the target maps or unmaps meanwhile waits: so no call takes more pages than this (0.5 ms; 1 GiB took 18 ms).
    let most = 4096
    var regions = [csystem_page_region](repeating: csystem_page_region(), count: most)
    var argument = csystem_pm_scan_arg()
    argument.start = range.lowerBound
    argument.end = range.upperBound
    argument.vec_len = UInt64(regions.count)
    argument.max_pages = UInt64(most)
    argument.category_inverted = filter.noneOf.rawValue
    argument.category_mask = filter.noneOf.rawValue
    argument.category_anyof_mask = filter.anyOf.rawValue
    argument.return_mask = filter.reported.rawValue
    var pending: PageRegion?
    while argument.start < range.upperBound {
        let result = unsafe csystem_pagemap_scan(descriptor.rawValue, &argument, &regions)
        let count = Int(try checked(result, "ioctl(PAGEMAP_SCAN)", descriptor.path))
        let pages = regions[..<count].reduce(0) { $0 + Int($1.end - $1.start) } / pageSize
        for region in regions[..<count] {
            let categories = PageCategories(rawValue: region.categories)
            // A region that the limit cut in two.
            if let last = pending, last.end == region.start, last.categories == categories {
                pending?.end = region.end
                continue
            }
            if let pending { body(pending) }
            pending = PageRegion(start: region.start, end: region.end, categories: categories)
        }
        // Not `walk_end`: at the end of the range it still has the place of the kernel's own last pause, every 512
        // regions, and what follows that would be told twice (fs/proc/task_mmu.c, do_pagemap_scan: set only if 0;
        // seen on 6.18).
        guard pages == most, let last = regions[..<count].last else { break }
        argument.start = last.end
    }
    if let pending { body(pending) }
}

extension SystemError {
    /// Whether the kernel lacks PAGEMAP_SCAN, or a category that was asked for.
    package var isUnsupportedScan: Bool {
        call == "ioctl(PAGEMAP_SCAN)" && [ENOTTY, EINVAL, ENOSYS, EOPNOTSUPP].contains(errno)
    }
}
