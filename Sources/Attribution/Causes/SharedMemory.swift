import MemoryModel

/// `shared`: shared memory, see `Mapping.isShared`.
///
/// A private mapping of shared memory is two things: its pages of the object are `shared`, and the copies that writing
/// made belong to this process alone, like those of any other file: `module-data`. In a shared mapping there are no
/// copies, so all that is there is `shared`, what is in swap too.
extension Ledger {
    mutating func addSharedCopy(_ pages: PageCounts) {
        add(.shared, resident: pages.file)
        add(.moduleData, resident: pages.anonymous, swapped: pages.swapped)
    }
}
