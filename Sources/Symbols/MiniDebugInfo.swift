internal import CLibdw

/// The symbols that Fedora and others leave in a stripped file: an ELF file with a .symtab, in xz, in .gnu_debugdata.
///
/// libdw knows it only through libdwfl, which this module does not use (see ``DebugFiles``).
enum MiniDebugInfo {
    /// Bytes that it may take unpacked: they are a few MiB for the largest programs.
    private static let limit = 256 << 20

    static func unpack(_ file: ElfFile) -> ElfFile? {
        guard let section = file.section(".gnu_debugdata") else { return nil }
        let packed = file.bytes(of: section, limit: UInt64(limit))
        guard !packed.isEmpty else { return nil }
        return ElfFile(bytes: unpack(packed))
    }

    private static func unpack(_ packed: [UInt8]) -> [UInt8] {
        var capacity = max(64 << 10, packed.count * 8)
        while true {
            // liblzma's own memory, for the dictionary: 64 MiB is that of `xz -9`.
            var memory: UInt64 = 128 << 20
            var (input, output) = (0, 0)
            var result = LZMA_PROG_ERROR
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: min(capacity, limit)) { buffer, filled in
                result = unsafe lzma_stream_buffer_decode(
                    &memory, 0, nil, packed, &input, packed.count, buffer.baseAddress, &output, buffer.count)
                filled = output
            }
            if result == LZMA_OK { return bytes }
            guard result == LZMA_BUF_ERROR, capacity < limit else { return [] }
            capacity *= 4
        }
    }
}
