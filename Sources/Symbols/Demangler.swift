internal import CLibdw
internal import Glibc

/// Names as the language writes them, by the libraries that know how: libiberty for C++ and Rust, the Swift runtime.
struct Demangler {
    let limits: SymbolLimits
    private var known: [String: String] = [:]

    private var swiftNames: SwiftNames

    init(_ limits: SymbolLimits) {
        self.limits = limits
        swiftNames = SwiftNames(limits)
    }

    /// The name, demangled where it is mangled, within the limits, and valid.
    mutating func name(_ symbol: String) -> String {
        if let known = known[symbol] { return known }
        let name = demangled(symbol) ?? symbol
        known[symbol] = name
        return name
    }

    private mutating func demangled(_ symbol: String) -> String? {
        guard symbol.utf8.count <= limits.mangledBytes else { return nil }
        // ld appends the version to a library's own symbols: `name@@GLIBCXX_3.4`.
        if symbol.hasPrefix("_Z"), let at = symbol.firstIndex(of: "@") {
            return demangled(String(symbol[..<at])).map { $0 + symbol[at...] }
        }
        // Old Rust names are C++ names too, with a hash for a last part: libiberty tells them apart.
        if symbol.hasPrefix("_R") || symbol.hasPrefix("_ZN"), let name = unsafe text(symbol, by: clibdw_demangle_rust) {
            return name
        }
        if symbol.hasPrefix("_Z") { return unsafe text(symbol, by: clibdw_demangle_cxx) }
        return SwiftNames.areLike(symbol) ? swiftNames.demangled(symbol) : nil
    }

    /// Whether a symbol looks like one of a mangled name.
    static func isMangled(_ symbol: String) -> Bool {
        ["_Z", "_R"].contains(String(symbol.prefix(2))) || SwiftNames.areLike(symbol)
    }

    private func text(
        _ symbol: String, by demangle: (UnsafePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int) -> Int
    ) -> String? {
        let capacity = limits.nameBytes
        var length = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
            length = unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                unsafe demangle(symbol, characters.baseAddress, capacity)
            }
            filled = min(length, capacity)
        }
        guard length > 0 else { return nil }
        return BoundedText.cut(String(decoding: bytes, as: UTF8.self), length > capacity)
    }
}
