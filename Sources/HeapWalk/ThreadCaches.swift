internal import MemoryModel
internal import System

/// The thread caches (tcache): chunks that the program freed and glibc still counts as in use.
///
/// malloc/malloc.c of 2.30 to 2.41: each thread's static TLS holds `tcache`, a pointer to `tcache_perthread_struct`, which
/// is a chunk of the heap itself: 64 counts of 16 bits, then 64 lists. Lists are singly linked through the blocks, with the
/// pointers mangled since 2.32 (PROTECT_PTR: value ^ address >> 12).
struct ThreadCaches {
    let memory: WrittenMemory
    /// The heaps: nothing outside is followed.
    let containers: [AddressRange]
    /// Ascending.
    let mappings: [AddressRange]

    private static let bins = 64
    private static let structBytes = 128 + 64 * 8
    /// The chunk that holds it: 16 more, header and rounding.
    private static let chunkBytes = UInt64(structBytes + 16)
    /// How far below the thread pointer libc's TLS block is looked for. Libraries loaded at start come first.
    private static let tlsBytes = ByteCount.kibibytes(16)
    /// Threads whose caches are looked for, and how many at once: who claims more is no honest process.
    private static let threadsAtMost = 16384
    private static let threadsAtOnce = 256
    /// glibc.malloc.tcache_count is 7; its limit is 65535. Longer lists than this are cut.
    private static let longestList = 1024

    /// Whole chunks, caches included, ascending and disjoint.
    func chunks(of threadPointers: [Address]) -> [AddressRange] {
        let caches = caches(of: threadPointers)
        var chunks = caches.map { chunk(block: $0, bytes: Self.chunkBytes) }
        let contents = memory.read(caches.map { $0.rawValue..<$0.rawValue + UInt64(Self.structBytes) })
        var heads: [(block: Address, left: Int)] = []
        for bytes in contents.compactMap({ $0 }) {
            for bin in 0..<Self.bins {
                let count = Int(bytes[2 * bin]) | Int(bytes[2 * bin + 1]) << 8
                let head = Address(bytes.word(at: 128 + 8 * bin))
                if count > 0, head.rawValue != 0 { heads.append((head, min(count, Self.longestList))) }
            }
        }
        walk(heads, into: &chunks)
        chunks.sort { $0.start < $1.start }
        return chunks.reduce(into: []) { result, chunk in
            if result.last.map({ $0.end <= chunk.start }) ?? true { result.append(chunk) }
        }
    }

    /// All lists in step: one reading for the next block of each.
    private func walk(_ heads: [(block: Address, left: Int)], into chunks: inout [AddressRange]) {
        var open = heads.filter { isBlock($0.block) }
        while !open.isEmpty {
            let headers = memory.read(open.map { $0.block.rawValue - 8..<$0.block.rawValue + 8 })
            open = zip(open, headers).compactMap { list, bytes in
                guard let bytes, let size = chunkSize(bytes.word(at: 0)) else { return nil }
                chunks.append(chunk(block: list.block, bytes: size))
                let next = Address(bytes.word(at: 8) ^ (list.block.rawValue >> 12))
                return list.left > 1 && isBlock(next) ? (next, list.left - 1) : nil
            }
        }
    }

    /// The addresses of `tcache_perthread_struct` that the threads' TLS leads to.
    private func caches(of threadPointers: [Address]) -> [Address] {
        let pointers = Set(threadPointers).sorted().prefix(Self.threadsAtMost)
        var candidates: Set<Address> = []
        for start in stride(from: 0, to: pointers.count, by: Self.threadsAtOnce) {
            let areas = pointers[start..<min(start + Self.threadsAtOnce, pointers.count)].flatMap(area)
            for bytes in memory.read(areas).compactMap(\.self) {
                for offset in stride(from: 0, through: bytes.count - 8, by: 8) {
                    let candidate = Address(bytes.word(at: offset))
                    if isBlock(candidate) { candidates.insert(candidate) }
                }
            }
        }
        let blocks = candidates.sorted()
        let headers = memory.read(blocks.map { $0.rawValue - 8..<$0.rawValue })
        return zip(blocks, headers).compactMap { block, bytes in
            bytes.flatMap { chunkSize($0.word(at: 0)) } == Self.chunkBytes ? block : nil
        }
    }

    /// What may be read below a thread pointer, within its mapping. A descriptor is aligned (nptl/allocatestack.c:
    /// TLS_TCB_ALIGN); another pointer is none.
    private func area(below pointer: Address) -> [Range<UInt64>] {
        guard pointer.rawValue % 8 == 0, pointer.rawValue > UInt64(Self.tlsBytes.rawValue),
            let mapping = mappings.holding(pointer)
        else { return [] }
        let low = max(mapping.start, Address(pointer.rawValue - UInt64(Self.tlsBytes.rawValue)))
        return memory.parts(of: AddressRange(start: low, end: pointer)).map { $0.start.rawValue..<$0.end.rawValue }
    }

    private func isBlock(_ address: Address) -> Bool {
        address.rawValue % 16 == 0 && containers.holding(address) != nil
    }

    /// The size in a chunk's header, where it can be one of a cached chunk: at most 1040 bytes (tcache_max_bytes) by
    /// default, and up to 4 MiB by tunable.
    private func chunkSize(_ header: UInt64) -> UInt64? {
        let size = header & ~7
        return size >= 32 && size <= 4 << 20 && size % 16 == 0 ? size : nil
    }

    /// The bytes of a chunk's own, as the books count them: from its size field on.
    private func chunk(block: Address, bytes: UInt64) -> AddressRange {
        let start = Address(block.rawValue - 8)
        return AddressRange(start: start, end: start + ByteCount(Int(bytes)))
    }
}
