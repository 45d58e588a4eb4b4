import MemoryModel

/// The rows while they are being summed up: resident and swapped bytes of every cause.
struct Ledger {
    private(set) var resident: [Cause: Int] = [:]
    private(set) var swapped: [Cause: Int] = [:]

    /// In granules.
    mutating func add(_ cause: Cause, resident granules: Int, swapped swappedGranules: Int = 0) {
        add(cause, residentBytes: granules * granuleBytes, swappedBytes: swappedGranules * granuleBytes)
    }

    mutating func add(_ cause: Cause, _ pages: PageCounts) {
        add(cause, resident: pages.resident, swapped: pages.swapped)
    }

    mutating func add(_ cause: Cause, residentBytes: Int, swappedBytes: Int) {
        if residentBytes != 0 { resident[cause, default: 0] += residentBytes }
        if swappedBytes != 0 { swapped[cause, default: 0] += swappedBytes }
    }

    /// One row a cause, in the order of ``Cause``.
    func rows(owners: [LedgerRow.Owner]) -> [LedgerRow] {
        Cause.allCases.map { cause in
            LedgerRow(
                cause: cause, bytes: ByteCount(resident[cause] ?? 0), swap: ByteCount(swapped[cause] ?? 0),
                owners: cause == .mappings ? owners : [])
        }
    }
}
