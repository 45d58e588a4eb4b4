/// One function on a stack, as a person knows it.
///
/// An address in code with functions inlined into one another is several frames, innermost first.
package struct Frame: Hashable, Sendable, Codable {
    package enum Language: UInt8, Sendable, Codable {
        /// Machine code: C, C++, Rust, Swift, and whatever else has symbols.
        case native
        /// A frame of the interpreter's own: `function` is the code object's qualified name.
        case python
    }

    /// Demangled; empty where no symbol covers the address.
    package var function: String
    /// As the debug information names it, or empty.
    package var file: String
    /// From 1; `nil` where it is not known.
    package var line: Int?
    /// The path of the module as the target names it, or empty where no module holds the address.
    package var module: String
    /// The address less the module's load bias, which is what `addr2line -e module` takes; 0 for Python.
    package var offset: UInt64
    /// Whether the compiler put this function into the next frame.
    package var isInlined: Bool
    package var language: Language

    package init(
        function: String = "", file: String = "", line: Int? = nil, module: String = "", offset: UInt64 = 0,
        isInlined: Bool = false, language: Language = .native
    ) {
        self.function = function
        self.file = file
        self.line = line
        self.module = module
        self.offset = offset
        self.isInlined = isInlined
        self.language = language
    }
}
