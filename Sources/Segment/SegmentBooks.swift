package import MemoryModel
internal import SegmentABI

/// Whether a process waits for its last reading.
package enum Leaving: Sendable, Equatable {
    case no, exit, exec
}

/// Everything that a segment says, copied out.
package struct SegmentBooks: Sendable {
    /// A mapping of the program's own and the code that made it.
    package struct OwnMapping: Hashable, Sendable {
        package var range: AddressRange
        /// The return address of the call that mapped it.
        package var caller: Address
        /// Index into ``SegmentSamples/stacks``, not checked; `nil`: none was taken.
        package var stack: Int?
    }

    package var pid: Int
    /// The process whose books these continue, where this one was forked.
    package var forkedFrom: Int?
    package var allocator: String
    package var isGlibc: Bool
    /// What the books lack, one identifier each.
    package var degraded: [String]
    package var leaving: Leaving
    /// The shim's private memory.
    package var privateMemory: AddressRange
    package var tunables: Tunables
    /// The return address of the free that raised the mmap threshold last.
    package var thresholdCaller: Address?

    package var liveBytes: ByteCount = 0
    package var liveBlocks = 0
    package var ledger = PageLedger(spans: [])
    /// Granules whose sum was out of range, and was clamped.
    package var torn = 0
    /// The sum of all counters before clamping.
    package var counted: ByteCount = 0
    /// Live blocks with a mapping of their own, ascending and disjoint.
    package var blocks: [AddressRange] = []
    /// Ascending and disjoint.
    package var ownMappings: [OwnMapping] = []
    /// Memory that the shim and its unwinder mapped, ascending and disjoint.
    package var observerMappings: [AddressRange] = []
    /// The main thread's first.
    package var threadPointers: [Address] = []
    package var arenaHeaps: [Address] = []

    /// Whether no thread stood in the middle of a booking: the equation at `struct silt_slot` holds.
    package var isConsistent: Bool {
        blocks.reduce(counted.rawValue) { $0 &+ $1.count.rawValue } == liveBytes.rawValue
    }

    init(header: SegmentHeader) {
        let raw = header.raw
        pid = Int(raw.pid)
        forkedFrom = raw.forked_from == 0 ? nil : Int(raw.forked_from)
        allocator = header.allocator
        let isOther = SILT_DEGRADED_OTHER_ALLOCATOR.rawValue | SILT_DEGRADED_BYPASSED.rawValue
        isGlibc = raw.degraded & isOther == 0
        degraded = Self.identifiers(of: raw.degraded)
        if raw.state == SILT_STATE_STOPPED.rawValue { degraded.append("books-stopped") }
        leaving = Leaving(raw.leaving)
        let isPossible = raw.private_start <= Self.endOfAddresses && raw.private_bytes <= Self.endOfAddresses
        privateMemory = AddressRange(
            start: Address(raw.private_start), end: Address(raw.private_start &+ (isPossible ? raw.private_bytes : 0)))
        tunables = Tunables(
            mmapThreshold: ByteCount(Int(clamping: raw.mmap_threshold)),
            trimThreshold: ByteCount(Int(clamping: raw.trim_threshold)), isDynamic: raw.threshold_fixed == 0,
            trimCalls: Int(raw.trim_calls))
        thresholdCaller = raw.threshold_caller == 0 ? nil : Address(raw.threshold_caller)
    }

    /// The identifiers of `Coverage.degraded` for the bits of the header.
    private static func identifiers(of bits: UInt32) -> [String] {
        let names: [(silt_degraded, String)] = [
            (SILT_DEGRADED_FORK_INEXACT, "fork-inexact"), (SILT_DEGRADED_LEAVES_FULL, "leaves-full"),
            (SILT_DEGRADED_RANGES_FULL, "ranges-full"), (SILT_DEGRADED_RANGES_BUSY, "ranges-busy"),
            (SILT_DEGRADED_STORAGE_FULL, "storage-full"), (SILT_DEGRADED_THREADS_FULL, "threads-full"),
            (SILT_DEGRADED_OTHER_ALLOCATOR, "other-allocator"), (SILT_DEGRADED_CONFINED, "confined"),
            (SILT_DEGRADED_BYPASSED, "bypassed"),
        ]
        let known = names.reduce(0) { $0 | $1.0.rawValue }
        let unknown = (0..<32).filter { (bits & ~known) >> $0 & 1 == 1 }.map { "bit-\($0)" }
        return names.filter { bits & $0.0.rawValue != 0 }.map(\.1) + unknown
    }

    /// No process has addresses from here on: 57 bits with five levels of page tables, the upper half the kernel's
    /// (Documentation/arch/x86/x86_64/5level-paging.rst). So no sum of lengths overflows.
    static let endOfAddresses: UInt64 = 1 << 56

    /// Sorts the table of ranges into mappings and blocks; what overlaps another (torn, or a lie) is left out.
    mutating func take(_ ranges: [silt_range]) {
        var end: UInt64 = 0
        let possible = ranges.filter { $0.kind != 0 && $0.start < $0.end && $0.end <= Self.endOfAddresses }
        for range in possible.sorted(by: { $0.start < $1.start }) where range.start >= end {
            end = range.end
            let addresses = AddressRange(start: Address(range.start), end: Address(range.end))
            if range.kind == SILT_RANGE_BLOCK.rawValue { blocks.append(addresses) }
            if range.kind == SILT_RANGE_OBSERVER.rawValue { observerMappings.append(addresses) }
            if range.kind == SILT_RANGE_MAPPING.rawValue {
                ownMappings.append(
                    OwnMapping(
                        range: addresses, caller: Address(range.caller),
                        stack: range.stack == 0 ? nil : Int(range.stack) - 1))
            }
        }
    }
}
