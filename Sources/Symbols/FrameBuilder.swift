internal import CLibdw

/// What the debug information of one file says of addresses.
struct FrameBuilder {
    private let info: DebugInfo
    private let limits: SymbolLimits
    /// Names by where they stand in memory: a function is inlined in many places.
    private var names: [UInt: Name] = [:]
    private var files: [UInt: String] = [:]
    /// Rows of line tables that may still be decoded; each is a byte of .debug_line at least.
    private var rows: UInt64

    /// A frame whose name may still be mangled, and be missing.
    struct Frame {
        var name = Name()
        var file: String?
        var line: Int?
    }

    struct Name {
        /// What the linker calls it.
        var linkage: String?
        /// What the source calls it, without its namespace.
        var source: String?

        /// The most telling name, to be demangled.
        ///
        /// - Parameter symbol: What the symbol table calls the code. It beats the source's name where it tells more,
        ///   as of constructors, but not where it tells of the compiler's work (`main.cold`).
        func best(symbol: String?) -> String? {
            if let linkage { return linkage }
            guard let symbol, let source else { return source ?? symbol }
            return Demangler.isMangled(symbol) ? symbol : source
        }
    }

    init(_ info: DebugInfo, limits: SymbolLimits) {
        self.info = info
        self.limits = limits
        rows = info.bytes
    }

    /// For each of the `addresses`, which ascend, its frames, innermost first; empty where nothing is known.
    mutating func frames(of addresses: [UInt64]) -> [[Frame]] {
        var result = [[Frame]](repeating: [], count: addresses.count)
        for (unit, places) in info.units(of: addresses) {
            let search = ScopeSearch(info, unit: unit, addresses: places.map { addresses[$0] }, limits: limits)
            let hasLines = decodeLines(of: unit)
            for (index, place) in places.enumerated() {
                let position =
                    hasLines ? unsafe unit.position(of: addresses[place]) { unsafe file($0) } : (file: nil, line: nil)
                result[place] = frames(of: search.scopes[index], in: unit, at: position)
            }
        }
        return result
    }

    /// A function knows where what is inlined into it was called; the line table, where the address itself is.
    private mutating func frames(
        of scopes: [Entry], in unit: Entry, at position: (file: String?, line: Int?)
    ) -> [Frame] {
        var position = position
        guard !scopes.isEmpty else {
            return position.line == nil ? [] : [Frame(file: position.file, line: position.line)]
        }
        var frames: [Frame] = []
        for scope in scopes.reversed() {
            frames.append(Frame(name: name(of: scope), file: position.file, line: position.line))
            position = caller(of: scope, in: unit)
        }
        return frames
    }

    // MARK: Lines

    /// Tables that overlap could be decoded for ever.
    private mutating func decodeLines(of unit: Entry) -> Bool {
        guard rows > 0, let count = unit.lineCount() else { return false }
        rows -= min(rows, UInt64(count))
        return true
    }

    private mutating func caller(of scope: Entry, in unit: Entry) -> (file: String?, line: Int?) {
        guard let line = scope.number(DW_AT_call_line), line > 0, line <= Int32.max else { return (nil, nil) }
        guard let number = scope.number(DW_AT_call_file) else { return (nil, Int(line)) }
        return (unsafe unit.file(number) { unsafe file($0) }, Int(line))
    }

    private mutating func file(_ start: UnsafePointer<CChar>) -> String {
        let key = UInt(bitPattern: start)
        if let known = files[key] { return known }
        let text = unsafe BoundedText.string(start, limit: limits.nameBytes)
        files[key] = text
        return text
    }

    // MARK: Names

    private mutating func name(of entry: Entry) -> Name {
        if let known = names[entry.key] { return known }
        var name = Name()
        var next: Entry? = entry
        // From a copy to its abstract instance, from that to its declaration. Longer chains are circles.
        for _ in 0..<8 {
            guard let entry = next, name.linkage == nil else { break }
            name.linkage = entry.text(DW_AT_linkage_name, of: info) ?? entry.text(DW_AT_MIPS_linkage_name, of: info)
            name.source = name.source ?? entry.text(DW_AT_name, of: info)
            next = entry.reference(DW_AT_abstract_origin) ?? entry.reference(DW_AT_specification)
        }
        names[entry.key] = name
        return name
    }
}
