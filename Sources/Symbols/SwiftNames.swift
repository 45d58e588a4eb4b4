internal import CLibdw
internal import Glibc

/// Swift's names, by the Swift runtime.
///
/// Its demangler cannot be stopped once it writes: of a name of 171 bytes in which each type is a pair of the one before
/// it made 1 GiB in 58 s. So a name is given to it only where a bound on what it stands for is small.
struct SwiftNames {
    private let limits: SymbolLimits
    /// Bytes that may still be written; much more than any program's names take.
    private var budget = Budget(steps: 64 << 20)

    init(_ limits: SymbolLimits) { self.limits = limits }

    /// Of Swift 5 and later, 4.x, and embedded (lib/Demangling/Demangler.cpp, getManglingPrefixLength).
    private static let prefixes = ["$s", "_$s", "$S", "_$S", "$e", "_$e", "_T0"]

    static func areLike(_ symbol: String) -> Bool { prefixes.contains { symbol.hasPrefix($0) } }

    mutating func demangled(_ symbol: String) -> String? {
        guard Self.bound(Array(symbol.utf8)) <= 0x1p22, budget.spend(1) else { return nil }
        guard let name = unsafe swift_demangle(symbol, symbol.utf8.count, nil, nil, 0) else { return nil }
        defer { unsafe free(name) }
        _ = unsafe budget.spend(UInt64(strlen(name)))
        return unsafe BoundedText.string(name, limit: limits.nameBytes)
    }

    /// A bound on the bytes of the demangled name.
    ///
    /// What is written without a reference to something before is `base`, 24 bytes for one at most (`Sk` is
    /// `Swift.RandomAccessCollection`, 28 for 2). The k-th thing that can be referred to holds references to those
    /// before it only, so with c(k) references to it, size(k) ≤ base + Σ j<k c(j) size(j), and so the
    /// whole ≤ base · Π (1 + c(k)).
    static func bound(_ bytes: [UInt8]) -> Double {
        var references: [Int: Double] = [:]
        for start in bytes.indices where bytes[start] == UInt8(ascii: "A") {
            // docs/ABI/Mangling.rst, substitution: `A`, then indices as lower-case letters, the last one in upper case,
            // each after the number of times that it is repeated; or one number and `_` for an index above 25.
            // Letters of other meaning are counted too: the bound grows.
            var (number, hasNumber) = (0.0, false)
            scan: for byte in bytes[(start + 1)...] {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    (number, hasNumber) = (min(number * 10 + Double(byte - UInt8(ascii: "0")), 4096), true)
                case UInt8(ascii: "a")...UInt8(ascii: "z"):
                    references[Int(byte - UInt8(ascii: "a")), default: 0] += max(1, number)
                    (number, hasNumber) = (0, false)
                case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    references[Int(byte - UInt8(ascii: "A")), default: 0] += max(1, number)
                    break scan
                case UInt8(ascii: "_"):
                    references[hasNumber ? Int(number) + 27 : 26, default: 0] += 1
                    break scan
                default: break scan
                }
            }
        }
        return references.values.reduce(24 * Double(bytes.count)) { $0 * (1 + $1) }
    }
}
