internal import MemoryModel
internal import System

/// One module's files, and what they say together.
struct ModuleReader {
    private let path: String
    private let limits: SymbolLimits
    private var demangler: Demangler
    private let debugInfo: DebugInfo?
    /// Where symbols are looked for, the richest first.
    private let symbolFiles: [ElfFile]

    /// `nil` where the file is no ELF file, or not the one that the process has mapped.
    init?(_ descriptor: consuming Descriptor, module: LoadedModule, files: borrowing DebugFiles) {
        guard let file = ElfFile(descriptor) else { return nil }
        if let wanted = module.buildID, file.buildID != wanted { return nil }
        path = module.path
        limits = files.limits
        demangler = Demangler(files.limits)
        let separate = file.hasDebugInfo ? nil : files.find(for: file, path: module.path)
        debugInfo = DebugInfo(separate ?? file, files: files)
        symbolFiles = [separate, MiniDebugInfo.unpack(file), file].compactMap(\.self)
    }

    mutating func frames(of offsets: [UInt64]) -> [[Frame]] {
        var found = [[FrameBuilder.Frame]](repeating: [], count: offsets.count)
        if let debugInfo {
            var builder = FrameBuilder(debugInfo, limits: limits)
            found = builder.frames(of: offsets)
        }
        let symbols = symbols(for: offsets, found)
        return offsets.indices.map { place in
            var frames = found[place]
            if frames.isEmpty { frames = [FrameBuilder.Frame()] }
            return frames.indices.map { index in
                // Of the function that the code is in, the file's symbol; never of one inlined into it.
                let isOutermost = index == frames.count - 1
                let name = frames[index].name.best(symbol: isOutermost ? symbols[place] : nil)
                return Frame(
                    function: name.map { demangler.name($0) } ?? "", file: frames[index].file ?? "",
                    line: frames[index].line, module: path, offset: offsets[place], isInlined: !isOutermost)
            }
        }
    }

    /// The mangled names of those that the debug information does not give one.
    private func symbols(for offsets: [UInt64], _ found: [[FrameBuilder.Frame]]) -> [String?] {
        var symbols = [String?](repeating: nil, count: offsets.count)
        var missing = offsets.indices.filter { found[$0].last?.name.linkage == nil }
        for file in symbolFiles where !missing.isEmpty {
            guard let table = SymbolTable(file, limits: limits) else { continue }
            for (place, name) in zip(missing, table.names(of: missing.map { offsets[$0] })) { symbols[place] = name }
            missing.removeAll { symbols[$0] != nil }
        }
        return symbols
    }
}
