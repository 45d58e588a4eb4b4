package import MemoryModel

/// What a segment says of the sampled allocations, copied out and checked: addresses, no names yet.
///
/// What could not be valid was left out, and is counted in ``invalid``. Stacks and texts stay ranges of one table each:
/// any number of entries may claim the same bytes, and that must cost nothing.
package struct SegmentSamples: Sendable {
    /// An address in code.
    package struct NativeFrame: Hashable, Sendable {
        /// Index into ``SegmentSamples/modules``; `nil`: none was known.
        package var module: Int?
        /// The return address.
        package var address: Address

        package init(module: Int?, address: Address) {
            self.module = module
            self.address = address
        }
    }

    /// A frame of CPython's.
    package struct PythonFrame: Hashable, Sendable {
        /// Index into ``SegmentSamples/codes``; `nil`: there is no such entry.
        package var code: Int?
        /// Of the instruction, in bytes.
        package var offset: Int
        /// Whether it was entered from C: the last one of a native frame of the interpreter's loop.
        package var isEntry: Bool

        package init(code: Int?, offset: Int, isEntry: Bool) {
            self.code = code
            self.offset = offset
            self.isEntry = isEntry
        }
    }

    package struct Stack: Hashable, Sendable {
        /// Places in the table of frames.
        var native: Range<Int>
        var python: Range<Int>
        /// Whether it was deeper than what is recorded.
        package var isCut: Bool
    }

    package struct Module: Hashable, Sendable {
        package var range: AddressRange
        /// Address minus ELF virtual address.
        package var bias: UInt64
        /// As the process named it. May hold any character but NUL.
        package var path: String
        /// Empty where it has none.
        package var buildID: [UInt8]

        package init(range: AddressRange, bias: UInt64, path: String, buildID: [UInt8] = []) {
            self.range = range
            self.bias = bias
            self.path = path
            self.buildID = buildID
        }
    }

    /// A code object of CPython's.
    package struct Code: Hashable, Sendable {
        package var name: String
        package var file: String
        package var firstLine: Int
        /// Places in the table of texts.
        var lines: Range<Int>
    }

    package enum Unwinder: Sendable, Equatable { case running, missing, stopped, unsafe }
    package enum Python: Sendable, Equatable { case none, known, unknown }

    /// Mean distance between samples in bytes; 1: every allocation.
    package var mean: Int
    package var live: [HeapSample] = []
    package var left: [HeapSample] = []
    /// Samples that the table had no room for.
    package var dropped = 0
    /// Samples whose stack was not kept.
    package var withoutStack = 0
    package var unwinder = Unwinder.running
    package var python = Python.none
    /// As `PY_VERSION_HEX`; 0: no interpreter was seen.
    package var pythonVersion: UInt32 = 0
    /// By `HeapSample.tag`.
    package var tags: [String] = []
    /// By `HeapSample.stack`; `nil` where an entry could not be right.
    package var stacks: [Stack?] = []
    package var modules: [Module?] = []
    package var codes: [Code?] = []
    /// Whether there was no room for further stacks.
    package var isOutOfStacks = false
    /// Of stacks of which anything is live, and of threads.
    package var tallies: [SiteTally] = []
    /// `CLOCK_MONOTONIC` when they began, in nanoseconds; 0: there are none.
    package var talliedSince: UInt64 = 0
    /// Entries, and references between them, that could not be right.
    package var invalid = 0

    var frames: [UInt64] = []
    var text: [UInt8] = []

    init(mean: Int) { self.mean = mean }

    // SILT_FRAME_ADDRESS, SILT_FRAME_MODULE and SILT_FRAME_ENTRY: macros with casts are not imported into Swift.
    private static let frameAddress: UInt64 = (1 << 48) - 1
    private static let frameModuleShift: UInt64 = 48
    private static let frameEntry: UInt64 = 1 << 63

    /// Innermost first. What lies in no module's range has no module.
    package func nativeFrames(of stack: Stack) -> [NativeFrame] {
        frames[stack.native].map { word in
            let address = Address(word & Self.frameAddress)
            let module = Int(word >> Self.frameModuleShift) - 1
            guard modules.indices.contains(module), modules[module]?.range.contains(address) == true else {
                return NativeFrame(module: nil, address: address)
            }
            return NativeFrame(module: module, address: address)
        }
    }

    /// Innermost first.
    package func pythonFrames(of stack: Stack) -> [PythonFrame] {
        frames[stack.python].map { word in
            let code = Int((word & ~Self.frameEntry) >> 32)
            return PythonFrame(
                code: codes.indices.contains(code) && codes[code] != nil ? code : nil,
                offset: Int(word & 0xffff_ffff), isEntry: word & Self.frameEntry != 0)
        }
    }

    /// `co_linetable`.
    package func lineTable(of code: Code) -> ArraySlice<UInt8> { text[code.lines] }
}
