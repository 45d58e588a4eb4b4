internal import MemoryModel
internal import SegmentABI

/// Adds up the leaves of all threads, granule by granule, modulo 2^16.
struct LeafSums {
    private var spanOfKey: [UInt32: Int] = [:]
    private var spans: [(key: UInt32, counters: [UInt16])] = []

    /// User space ends at 2^47 on x86_64 (arch/x86/include/asm/page_64_types.h), the shim's tables too.
    private static let lastKey: UInt32 = 1 << (47 - UInt32(SILT_LEAF_SHIFT))

    /// - Parameters:
    ///   - bytes: Leaf after leaf.
    ///   - keys: Theirs; a leaf with key 0 is not in use yet.
    mutating func add(_ bytes: [UInt8], keys: [UInt32]) {
        for (index, key) in keys.enumerated() where key != 0 && key <= Self.lastKey {
            // A leaf of zeros adds nothing, and takes no memory: a sparse file has any number of them for nothing.
            let place = index * Int(SILT_LEAF_BYTES)..<(index + 1) * Int(SILT_LEAF_BYTES)
            guard bytes[place].contains(where: { $0 != 0 }) else { continue }
            let span = span(of: key)
            let spill = unsafe bytes.withUnsafeBytes { buffer in
                let leaf = unsafe UnsafeRawBufferPointer(rebasing: buffer[place])
                unsafe spans[span].counters.withUnsafeMutableBufferPointer { counters in
                    for granule in 0..<counters.count {
                        unsafe counters[granule] &+= leaf.loadUnaligned(fromByteOffset: granule * 2, as: UInt16.self)
                    }
                }
                return unsafe leaf.loadUnaligned(fromByteOffset: 2 * Int(SILT_LEAF_GRANULES), as: UInt16.self)
            }
            // The leaf's last counter counts for the granule behind it.
            if spill != 0 { spans[self.span(of: key &+ 1)].counters[0] &+= spill }
        }
    }

    private mutating func span(of key: UInt32) -> Int {
        let span = spanOfKey[key, default: spans.count]
        if span == spans.count {
            spanOfKey[key] = span
            spans.append((key, [UInt16](repeating: 0, count: PageLedger.granulesPerSpan)))
        }
        return span
    }

    /// The ledger; how many granules were torn (below 0 or above 4096 bytes, clamped); the sum before clamping.
    consuming func finish() -> (ledger: PageLedger, torn: Int, counted: ByteCount) {
        var torn = 0
        var counted = 0
        let granule = UInt16(Granule.bytes)
        for span in spans.indices {
            for index in spans[span].counters.indices {
                let value = spans[span].counters[index]
                counted &+= Int(Int16(bitPattern: value))
                guard value > granule else { continue }
                torn += 1
                spans[span].counters[index] = Int16(bitPattern: value) < 0 ? 0 : granule
            }
        }
        let ordered = spans.sorted { $0.key < $1.key }
        let ledger = PageLedger(
            spans: ordered.map { PageLedger.Span(key: UInt64($0.key) - 1, liveBytes: $0.counters) })
        return (ledger, torn, ByteCount(counted))
    }
}
