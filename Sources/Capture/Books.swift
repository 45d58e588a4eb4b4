internal import Glibc
internal import MemoryModel
internal import Segment

/// For opening a directory to look at what is in it.
let directoryFlags = O_RDONLY | O_DIRECTORY

extension SegmentError {
    /// What `Coverage.degraded` says of it.
    var identifier: String {
        switch self {
        case .system: "segment-unreadable"
        case .replaced, .notASegment, .implausible, .notOwned: "segment-invalid"
        case .truncated: "segment-truncated"
        case .version: "segment-version"
        case .ofAnotherProcess: "segment-foreign"
        case .building: "segment-building"
        }
    }
}

extension SegmentBooks {
    /// The books as attribution sees them: addresses of code become the modules that hold them.
    func witness(mappings: [Mapping]) -> HeapWitness {
        let modules = ModuleTable(mappings)
        var witness = HeapWitness(
            allocator: allocator, isGlibc: isGlibc, liveBytes: liveBytes, liveBlocks: liveBlocks, ledger: ledger,
            blocks: blocks, arenaHeaps: arenaHeaps,
            ownMappings: ownMappings.map { OwnedRange(range: $0.range, owner: modules.name(holding: $0.caller)) },
            threadPointers: threadPointers, mainThreadPointer: threadPointers.first,
            observer: observer(mappings: mappings),
            observerLibrary: mappings.first { $0.isObserverLibrary }?.name ?? "", tunables: tunables)
        if !isGlibc { witness.add(breakHeapOf: mappings) }
        witness.tunables.raisedBy = thresholdCaller.map(modules.name(holding:)) ?? ""
        return witness
    }

    /// The segment itself, the shim's private memory, and its library's .bss (the anonymous line behind its last one).
    private func observer(mappings: [Mapping]) -> [AddressRange] {
        var ranges = [privateMemory] + observerMappings
        if let segment = SegmentFile.mapping(in: mappings) {
            ranges += mappings.filter { $0.inode == segment.inode && $0.device == segment.device }.map(\.range)
        }
        if let last = mappings.lastIndex(where: \.isObserverLibrary), last + 1 < mappings.count {
            let next = mappings[last + 1]
            if next.name.isEmpty, next.range.start == mappings[last].range.end { ranges.append(next.range) }
        }
        return ranges.sorted { $0.start < $1.start }
    }
}

extension HeapWitness {
    /// The brk heap is glibc's main arena, or memory that another allocator took (tcmalloc does, by sbrk).
    fileprivate mutating func add(breakHeapOf mappings: [Mapping]) {
        let known = ownMappings.map(\.range)
        for mapping in mappings where mapping.name == "[heap]" {
            ownMappings += mapping.range.parts(outside: known).map { OwnedRange(range: $0, owner: allocator) }
        }
        ownMappings.sort { $0.range.start < $1.range.start }
    }

    /// Adds what was mapped while the process was being read: its residency, read in between, has those pages too.
    mutating func addNew(_ later: HeapWitness) {
        let knownBlocks = blocks
        blocks += later.blocks.flatMap { $0.parts(outside: knownBlocks) }
        let known = ownMappings.map(\.range)
        ownMappings += later.ownMappings.flatMap { new in
            new.range.parts(outside: known).map { OwnedRange(range: $0, owner: new.owner) }
        }
        blocks.sort { $0.start < $1.start }
        ownMappings.sort { $0.range.start < $1.range.start }
    }
}

extension AddressRange {
    /// What of this range lies in none of `others`, which ascend and are disjoint.
    func parts(outside others: [AddressRange]) -> [AddressRange] {
        var low = 0
        var high = others.count
        while low < high {
            let middle = (low + high) / 2
            if others[middle].end <= start { low = middle + 1 } else { high = middle }
        }
        var parts: [AddressRange] = []
        var position = start
        for other in others[low...] {
            guard other.start < end else { break }
            if other.start > position { parts.append(AddressRange(start: position, end: other.start)) }
            position = max(position, other.end)
        }
        if position < end { parts.append(AddressRange(start: position, end: end)) }
        return parts
    }
}

/// How many bytes changed hands between two readings of the same books.
func moved(from before: SegmentBooks, to after: SegmentBooks) -> ByteCount {
    var bytes = before.ledger.difference(to: after.ledger)
    let blocks = Set(before.blocks).symmetricDifference(after.blocks)
    bytes += blocks.reduce(0) { $0 + $1.count }
    return bytes
}

/// Which module holds an address.
private struct ModuleTable {
    private let modules: [Mapping]

    /// - Parameter mappings: Ascending.
    init(_ mappings: [Mapping]) { modules = mappings.filter { $0.inode != 0 && !$0.permissions.contains(.shared) } }

    /// The path, or empty where no module holds the address.
    func name(holding address: Address) -> String {
        var low = 0
        var high = modules.count
        while low < high {
            let middle = (low + high) / 2
            if modules[middle].range.end <= address { low = middle + 1 } else { high = middle }
        }
        return low < modules.count && modules[low].range.contains(address) ? modules[low].name : ""
    }
}

extension Mapping {
    fileprivate var isObserverLibrary: Bool { name.split(separator: "/").last == "libsilt.so" }
}
