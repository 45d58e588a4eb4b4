import MemoryModel

/// `files`, and the private pages of file mappings under `module-data`.
///
/// A page of the page cache is the file's. A page that was written to in a private mapping is a copy, anonymous from
/// then on: .data, relocations, or a data file that the program changed in memory. Only those go to swap.
extension Ledger {
    mutating func addFile(_ pages: PageCounts) {
        add(.files, resident: pages.file)
        add(.moduleData, resident: pages.anonymous, swapped: pages.swapped)
    }
}
