/// What is refused or cut rather than worked on for ever: the files belong to whoever runs the target.
package struct SymbolLimits: Sendable {
    /// Bytes of the sections that are read of one file, decompressed. More, and the file counts as without them. A
    /// debug build of LLVM has 1.5 GiB of them.
    package var sectionBytes: UInt64 = 4 << 30
    /// Bytes of a mangled name. More, and it stays mangled: demanglers recurse.
    package var mangledBytes = 4096
    /// Bytes of a function's or file's name. What is longer is cut and ends in `…`.
    package var nameBytes = 4096
    /// Inlined functions of one address.
    package var inlined = 64
    /// Compilation units of one file.
    package var units = 1 << 20

    package static let standard = SymbolLimits()
}

/// Steps that a walk through one file's tables may still take.
///
/// Valid tables are read in as many steps as they have bytes, at most a few times over; tables that refer to one
/// another in circles, or all to one long list, would be read for ever.
struct Budget {
    private(set) var steps: UInt64

    /// Whether there is still one.
    mutating func spend(_ count: UInt64 = 1) -> Bool {
        guard steps >= count else {
            steps = 0
            return false
        }
        steps -= count
        return true
    }
}
