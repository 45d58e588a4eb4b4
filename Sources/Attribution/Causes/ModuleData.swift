import MemoryModel

/// `module-data` in anonymous memory: .bss, static TLS and what the loader maps for itself.
///
/// The loader maps .bss right behind a module's data, and its own areas and the main thread's TLS with the first
/// modules, so they touch a line of a module, or hold the main thread pointer (elf/dl-map-segments.h, elf/rtld.c).
/// Whatever else the kernel placed against a module has been claimed by the rules before this one. A line that only
/// touches such an anonymous line does not count: nothing ties it to the module.
extension LineTable {
    /// With a witness, what the heap, the stacks and the program's mappings left of such lines.
    func moduleAreaClaims(mainThreadPointer: Address?) -> [Piece] {
        let main = mainThreadPointer.flatMap { index(of: $0.granule.index) }
        return lines.indices
            .filter { index in
                let line = lines[index]
                guard line.kind == .anonymous, !line.isBrkHeap else { return false }
                return index == main || touchesModule(before: index) || touchesModule(after: index)
            }
            .map { Piece(granules: lines[$0].granules, holder: .moduleArea) }
    }

    /// Without a witness, only .bss: the line that follows a module's writable line. The kernel places new mappings
    /// below the lowest one, so that one in front of a module may be anything.
    var bssClaims: [Piece] {
        lines.indices
            .filter { index in
                let line = lines[index]
                return line.kind == .anonymous && !line.isBrkHeap && touchesModule(before: index)
                    && lines[index - 1].isReadableAndWritable
            }
            .map { Piece(granules: lines[$0].granules, holder: .moduleArea) }
    }

    private func touchesModule(before index: Int) -> Bool {
        index > 0 && lines[index - 1].isModule
            && lines[index - 1].granules.upperBound == lines[index].granules.lowerBound
    }

    private func touchesModule(after index: Int) -> Bool {
        index + 1 < lines.count && lines[index + 1].isModule
            && lines[index + 1].granules.lowerBound == lines[index].granules.upperBound
    }
}
