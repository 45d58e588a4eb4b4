internal import MemoryModel
internal import System

/// Finding the main arena, a static variable of libc without a public symbol.
enum MainArena {
    /// Of dlmopen's namespaces each has a libc (16 at most: DL_NNS of glibc); more are no process's.
    private static let libcsAtMost = 16

    /// Looks through libc's writable data for a malloc_state.
    static func find(in memory: WrittenMemory, mappings: [Mapping]) -> Address? {
        let candidates = mappings.lazy.filter {
            $0.permissions.isSuperset(of: [.read, .write]) && isLibc($0.name) && $0.range.count <= .mebibytes(1)
        }
        for part in candidates.prefix(libcsAtMost).flatMap({ memory.parts(of: $0.range) }) {
            guard let bytes = memory.read(at: part.start, count: part.count.rawValue) else { continue }
            // From the end: every empty bin of the arena looks like the last one of an arena that begins before it.
            for offset in stride(from: 0, through: bytes.count - ArenaState.bytes, by: 16).reversed() {
                let address = part.start + ByteCount(offset)
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
