internal import MemoryModel
internal import System

/// Finding the main arena, a static variable of libc without a public symbol.
enum MainArena {
    /// Looks through libc's writable data for a malloc_state.
    static func find(in memory: ProcessMemory, mappings: [Mapping]) -> Address? {
        for mapping in mappings where mapping.permissions.isSuperset(of: [.read, .write]) && isLibc(mapping.name) {
            guard mapping.range.count <= .mebibytes(1),
                let bytes = try? memory.read(at: mapping.range.start.rawValue, count: mapping.range.count.rawValue)
            else { continue }
            // From the end: every empty bin of the arena looks like the last one of an arena that begins before it.
            for offset in stride(from: 0, through: bytes.count - ArenaState.bytes, by: 16).reversed() {
                let address = mapping.range.start + ByteCount(offset)
                if ArenaState.lastBinIsEmpty(bytes, at: offset, address: address) { return address }
            }
        }
        return nil
    }

    /// `libc.so.6`, or as it was called before glibc 2.34, `libc-2.31.so`.
    private static func isLibc(_ path: String) -> Bool {
        guard let name = path.split(separator: "/").last else { return false }
        return name == "libc.so.6" || name.hasPrefix("libc-2.") && name.hasSuffix(".so")
    }
}
