internal import MemoryModel

/// Puts the frames of CPython's own code into the places where the interpreter's loop ran them.
///
/// Since 3.11 a call from Python to Python stays in one activation of the loop (`_PyEval_EvalFrameDefault`); one that
/// goes through C enters the loop anew, and marks its first frame as an entry (Python/ceval.c). So each native frame of
/// the loop stands for the Python frames up to and including the next entry. All else of the interpreter's is of no
/// interest to who reads a stack; the frames of extension modules, which lie in files of their own, are.
struct PythonFolding {
    /// The loop's function.
    static let loop = "_PyEval_EvalFrameDefault"

    /// The modules that hold the interpreter: the program, or libpython.
    private let interpreters: Set<String>

    /// - Parameter named: All frames that have names.
    init(named: some Sequence<Frame>) {
        interpreters = Set(named.lazy.filter { Self.isLoop($0) && !$0.module.isEmpty }.map(\.module))
    }

    struct Entered: Equatable {
        /// `nil`: nothing is known of its code.
        var frame: Frame?
        /// Whether it was entered from C.
        var isEntry: Bool
    }

    /// - Parameters:
    ///   - native: The frames of each address, innermost first.
    ///   - python: Innermost first.
    func merged(native: [[Frame]], python: [Entered]) -> [Frame] {
        // With `-X perf` each Python function has machine code of its own, which the perf map names: enough to fold.
        let isNamedByMap = native.contains { $0.contains { $0.language == .python } }
        guard !python.isEmpty || isNamedByMap else { return native.flatMap(\.self) }
        var rest = python[...]
        var frames: [Frame] = []
        for group in native {
            guard let function = group.last else { continue }
            if Self.isLoop(function), !rest.isEmpty {
                frames += Self.takeActivation(&rest)
            } else if Self.isLoop(function), !isNamedByMap {
                // More activations than Python frames: the chain was not read to its end.
                frames.append(function)
            } else if function.language == .python {
                if python.isEmpty { frames += group }
            } else if !interpreters.contains(function.module) || function.module.isEmpty {
                frames += group
            }
        }
        // The native stack was cut, or there is none.
        return frames + rest.compactMap(\.frame)
    }

    private static func takeActivation(_ rest: inout ArraySlice<Entered>) -> [Frame] {
        let end = rest.firstIndex(where: \.isEntry).map { $0 + 1 } ?? rest.endIndex
        defer { rest = rest[end...] }
        return rest[..<end].compactMap(\.frame)
    }

    /// The compiler may have split the function: `….cold`, `….lto_priv.0`.
    static func isLoop(_ frame: Frame) -> Bool {
        guard frame.function.hasPrefix(loop) else { return false }
        let end = frame.function.utf8.dropFirst(loop.utf8.count).first
        return end == nil || end == UInt8(ascii: ".") || end == UInt8(ascii: "@")
    }
}
