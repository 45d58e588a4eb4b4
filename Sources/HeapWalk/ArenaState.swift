internal import MemoryModel
internal import System

/// `struct malloc_state` of glibc 2.27 to 2.41 on 64 bit (malloc/malloc.c): what is used of it.
///
/// The layout is an assumption about the target; ``MainArena`` finds it only where the bins look as they must, and every
/// field is checked before use, so that another layout yields no arena, never a wrong one.
struct ArenaState {
    /// Bytes of the part that is read: up to `next` and with it.
    static let bytes = 2168
    /// sizeof (struct malloc_state): behind `next` three words more.
    static let wholeBytes = 2200
    /// `fastbinsY`, ten pointers, up to `top`.
    static let fastBinsOffset = 16
    static let topOffset = 96
    /// `bins`, two pointers each for the bins 1 to 127.
    static let binsOffset = 112
    static let nextOffset = 2160
    /// The last bin (127) is never filled (malloc.c: largebin_index ends at 126): both its pointers lead to itself.
    static let lastBinOffset = binsOffset + 16 * 126

    var address: Address
    var top: Address
    var next: Address
    var hasFastChunks: Bool

    /// - Parameter bytes: What lies at `address` in the target.
    init?(address: Address, bytes: [UInt8]) {
        guard bytes.count >= Self.bytes, Self.lastBinIsEmpty(bytes, at: 0, address: address) else { return nil }
        self.address = address
        self.top = Address(bytes.word(at: Self.topOffset))
        self.next = Address(bytes.word(at: Self.nextOffset))
        self.hasFastChunks = bytes[Self.fastBinsOffset..<Self.topOffset].contains { $0 != 0 }
        guard top.rawValue % 16 == 0 else { return nil }
    }

    /// Whether a malloc_state that begins at `offset` of `bytes`, `address` in the target, has an empty last bin: its
    /// pointers are those of a chunk whose `fd` (16 bytes in) is the bin itself (malloc.c: bin_at).
    static func lastBinIsEmpty(_ bytes: [UInt8], at offset: Int, address: Address) -> Bool {
        let expected = address.rawValue &+ UInt64(lastBinOffset) &- 16
        return bytes.word(at: offset + lastBinOffset) == expected
            && bytes.word(at: offset + lastBinOffset + 8) == expected
    }
}

extension [UInt8] {
    /// The little-endian 64-bit number at `offset`.
    func word(at offset: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) }
    }
}
