import MemoryModel

/// `mappings`: anonymous memory that the program mapped itself, by the module that did.
extension HeapWitness {
    var ownMappingClaims: [Piece] {
        ownMappings.indices.map { Piece(granules: ownMappings[$0].range.granules, holder: .ownMapping($0)) }
    }
}

/// Resident bytes of own mappings, one counter an index of the witness.
struct OwnerTally {
    private(set) var bytes: [Int]

    init(count: Int) { bytes = Array(repeating: 0, count: count) }

    mutating func add(_ count: Int, to index: Int) { bytes[index] += count }

    /// Largest first; equal ones by name, so that two readings of the same state print alike.
    func owners(_ ownMappings: [OwnedRange]) -> [LedgerRow.Owner] {
        var byName: [String: Int] = [:]
        for (mapping, count) in zip(ownMappings, bytes) where count > 0 {
            byName[mapping.owner.isEmpty ? Self.unloaded : mapping.owner, default: 0] += count
        }
        return byName.map { LedgerRow.Owner(name: $0.key, bytes: ByteCount($0.value)) }
            .sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
    }

    /// In place of a path where the module that called mmap is no longer mapped.
    static let unloaded = "(unloaded module)"
}
