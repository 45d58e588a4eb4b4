import MemoryModel

/// Shorthand for small address spaces: addresses in pages of 4096 bytes.

func range(_ first: UInt64, _ end: UInt64) -> AddressRange {
    AddressRange(start: Address(first * 4096), end: Address(end * 4096))
}

func bytes(_ start: UInt64, _ end: UInt64) -> AddressRange {
    AddressRange(start: Address(start), end: Address(end))
}

func pages(_ count: Int) -> ByteCount { ByteCount(count * 4096) }

/// A line of maps; `permissions` as maps prints them.
func line(_ first: UInt64, _ end: UInt64, _ name: String = "", _ permissions: String = "rw-p") -> Mapping {
    var set: Mapping.Permissions = []
    if permissions.contains("r") { set.insert(.read) }
    if permissions.contains("w") { set.insert(.write) }
    if permissions.contains("x") { set.insert(.execute) }
    if permissions.contains("s") { set.insert(.shared) }
    return Mapping(range: range(first, end), permissions: set, name: name)
}

func anonymous(_ first: UInt64, _ end: UInt64) -> ResidencyRun {
    ResidencyRun(range: range(first, end), state: .anonymous)
}

func file(_ first: UInt64, _ end: UInt64) -> ResidencyRun {
    ResidencyRun(range: range(first, end), state: .file)
}

func swapped(_ first: UInt64, _ end: UInt64) -> ResidencyRun {
    ResidencyRun(range: range(first, end), state: .swapped)
}

extension PageLedger {
    /// A ledger with these live bytes by page.
    init(_ live: [UInt64: Int]) {
        let perSpan = UInt64(PageLedger.granulesPerSpan)
        var spans: [UInt64: [UInt16]] = [:]
        for (page, bytes) in live {
            let empty = Array(repeating: UInt16(0), count: PageLedger.granulesPerSpan)
            spans[page / perSpan, default: empty][Int(page % perSpan)] = UInt16(bytes)
        }
        self.init(spans: spans.sorted { $0.key < $1.key }.map { Span(key: $0.key, liveBytes: $0.value) })
    }
}

extension Snapshot {
    init(_ lines: [Mapping], _ residency: [ResidencyRun], _ heap: HeapWitness?, threads: Int = 1, moved: ByteCount = 0)
    {
        self.init(
            process: ProcessFacts(pid: 1, command: ["test"], threads: threads), mappings: lines, residency: residency,
            heap: heap, reading: Reading(moved: moved))
    }
}

extension Report {
    /// The rows that are not zero.
    var rows: [Cause: ByteCount] {
        Dictionary(uniqueKeysWithValues: ledger.filter { $0.bytes != 0 }.map { ($0.cause, $0.bytes) })
    }

    /// The rows' bytes in swap that are not zero.
    var swapRows: [Cause: ByteCount] {
        Dictionary(uniqueKeysWithValues: ledger.filter { $0.swap != 0 }.map { ($0.cause, $0.swap) })
    }

    var sum: ByteCount { ledger.reduce(0) { $0 + $1.bytes } }

    var swapSum: ByteCount { ledger.reduce(0) { $0 + $1.swap } }
}
