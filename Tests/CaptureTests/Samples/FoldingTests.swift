import MemoryModel
import Testing

@testable import Capture

@Suite struct `Frames of mixed stacks` {
    static let python = "/usr/bin/python3.11"

    /// `name` for the interpreter's own, `name@module` for others'.
    static func native(_ names: String...) -> [[Frame]] {
        names.map { name in
            let parts = name.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
            return [Frame(function: parts[0], module: parts.count > 1 ? parts[1] : python)]
        }
    }

    /// `name`, and `name!` for one that was entered from C.
    static func chain(_ names: String...) -> [PythonFolding.Entered] {
        names.map { name in
            let isEntry = name.hasSuffix("!")
            let function = isEntry ? String(name.dropLast()) : name
            let frame = function == "?" ? nil : Frame(function: function, file: "f.py", line: 1, language: .python)
            return PythonFolding.Entered(frame: frame, isEntry: isEntry)
        }
    }

    static func merged(_ native: [[Frame]], _ python: [PythonFolding.Entered]) -> [String] {
        PythonFolding(named: native.joined()).merged(native: native, python: python).map(\.function)
    }

    @Test func `show Python's where the interpreter's loop ran them`() {
        let native = Self.native(
            "PyObject_Malloc", "_PyEval_EvalFrameDefault", "_PyObject_Call", "array_new@/np.so", "cfunction_call",
            "_PyEval_EvalFrameDefault.cold", "PyEval_EvalCode", "pymain_run_python", "main",
            "__libc_start_main@/libc.so.6")
        let python = Self.chain("inner", "middle!", "outer", "<module>!")
        #expect(
            Self.merged(native, python) == ["inner", "middle", "array_new", "outer", "<module>", "__libc_start_main"])
    }

    @Test func `stay as they are without Python's frames`() {
        let native = Self.native("PyObject_Malloc", "_PyEval_EvalFrameDefault", "main")
        #expect(Self.merged(native, []) == ["PyObject_Malloc", "_PyEval_EvalFrameDefault", "main"])
    }

    @Test func `show a loop whose frames were not read`() {
        let native = Self.native("_PyEval_EvalFrameDefault", "x@/a.so", "_PyEval_EvalFrameDefault", "main")
        #expect(Self.merged(native, Self.chain("f!")) == ["f", "x", "_PyEval_EvalFrameDefault"])
    }

    @Test func `end with Python's where the native ones end too early`() {
        #expect(Self.merged(Self.native("x@/a.so"), Self.chain("f!", "g!")) == ["x", "f", "g"])
        #expect(Self.merged([], Self.chain("f", "g!")) == ["f", "g"])
    }

    @Test func `keep their places where code is unknown`() {
        let native = Self.native("_PyEval_EvalFrameDefault", "x@/a.so", "_PyEval_EvalFrameDefault")
        #expect(Self.merged(native, Self.chain("f", "?!", "g!")) == ["f", "x", "g"])
    }

    @Test func `take what is inlined with its function`() {
        let loop = Frame(function: "_PyEval_EvalFrameDefault", module: Self.python)
        let inlined = Frame(function: "Py_INCREF", module: Self.python, isInlined: true)
        let own = [Frame(function: "a", module: "/a.so", isInlined: true), Frame(function: "b", module: "/a.so")]
        #expect(Self.merged([own, [inlined, loop]], Self.chain("f!")) == ["a", "b", "f"])
    }

    @Test func `show what a perf map names, once`() {
        let named = [Frame(function: "py", language: .python)]
        let native = Self.native("_PyEval_EvalFrameDefault") + [named] + Self.native("PyObject_Call", "x@/a.so")
        #expect(Self.merged(native, []) == ["py", "x"])
        #expect(Self.merged(native, Self.chain("f!")) == ["f", "x"])
    }

    @Test func `know the loop from what only begins like it`() {
        let native = Self.native("_PyEval_EvalFrameDefaultNot@/a.so", "main@/a.so")
        #expect(Self.merged(native, Self.chain("f!")) == ["_PyEval_EvalFrameDefaultNot", "main", "f"])
    }
}

@Suite struct `Frames of the allocator` {
    static func cut(_ groups: [[(String, String)]]) -> [String] {
        let frames = groups.map { $0.map { Frame(function: $0.0, module: $0.1) } }
        return AllocatorFrames.cut(frames, library: "/opt/shim.so").joined().map(\.function)
    }

    @Test func `are cut with the shim's, and nothing behind them`() {
        let libc = "/lib/x86_64-linux-gnu/libc.so.6"
        #expect(
            Self.cut([
                [("note", "/opt/shim.so"), ("malloc", "/opt/shim.so")], [("realloc", "/a/libsilt.so")],
                [("calloc@@GLIBC_2.2.5", libc)], [("operator new[](unsigned long)", "/lib/libstdc++.so.6")],
                [("std::__new_allocator<int>::allocate", "/p"), ("work()", "/p")], [("malloc", libc)],
                [("", "/opt/shim.so")], [("main", "/p")],
            ]) == ["std::__new_allocator<int>::allocate", "work()", "malloc", "", "main"])
        #expect(Self.cut([[("strdup", libc)], [("main", "/p")]]) == ["strdup", "main"])
        // A program's own function of that name.
        #expect(Self.cut([[("malloc", "/p")], [("main", "/p")]]) == ["malloc", "main"])
        #expect(Self.cut([[("", "")], [("malloc", libc)]]) == ["", "malloc"])
    }

    @Test func `are cut out of a group that goes on`() {
        #expect(
            Self.cut([[("operator new(unsigned long)", "/p"), ("inlined", "/p"), ("f", "/p")]]) == ["inlined", "f"])
    }

    @Test func `stay where there is nothing else`() {
        #expect(Self.cut([[("malloc", "/opt/shim.so")]]) == ["malloc"])
        #expect(Self.cut([]) == [])
    }
}
