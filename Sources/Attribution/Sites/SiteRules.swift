import MemoryModel

/// The index of the frame that a person would name for an allocation, or `nil` where there are no frames.
///
/// The innermost Python frame, where there is one: what an extension allocates below it (numpy's array data, say) it
/// allocates for that line. Otherwise, from the innermost frame outwards, the first that is no helper's; where all are
/// helpers, the innermost.
func siteIndex(in frames: [Frame]) -> Int? {
    guard !frames.isEmpty else { return nil }
    return frames.firstIndex { $0.language == .python } ?? frames.firstIndex { !$0.isHelper } ?? 0
}

extension Frame {
    /// Whether it allocates for whoever calls it, so that naming it would tell nothing.
    fileprivate var isHelper: Bool {
        let module = moduleName
        if Helpers.modules.contains(where: { module.hasPrefix($0) }) { return true }
        guard !function.isEmpty else { return false }
        let name = Helpers.core(bareName)
        return Helpers.functions.contains(name) || Helpers.prefixes.contains(where: { name.hasPrefix($0) })
            || Helpers.suffixes.contains(where: { name.hasSuffix($0) })
    }

    private var moduleName: Substring { module.split(separator: "/").last ?? "" }
}

/// What allocates on behalf of others. Short on purpose: a wrong entry hides a culprit, a missing one is seen at once.
private enum Helpers {
    /// Libraries whose functions hand memory to their caller (strdup, getline, fopen, operator new).
    static let modules = ["libc.so.", "libstdc++.so.", "libc++.so.", "libc++abi.so.", "ld-linux", "libsilt.so"]

    /// Beginnings of qualified names.
    static let prefixes = [
        // C++: containers, allocators, smart pointers, in whatever is instantiated into the program.
        "std::", "__gnu_cxx::", "operator new", "__gnu_internal::",
        // Rust: the allocation interface and the containers that call it.
        "alloc::", "core::", "hashbrown::", "__rust_", "__rdl_", "__rg_",
        // Swift: the runtime's allocation and the standard library.
        "Swift.", "swift_alloc", "swift_slowAlloc", "swift::swift_slowAlloc", "swift_bufferAlloc",
        // CPython's allocation interface, in a stack without Python frames.
        "PyMem_", "_PyMem_", "PyObject_Malloc", "PyObject_Calloc", "PyObject_Realloc", "_PyObject_Malloc",
        "_PyObject_Calloc", "_PyObject_Realloc", "_PyObject_New", "_PyObject_GC_", "PyType_GenericAlloc",
    ]

    /// Ends of names: a project's own malloc, by whatever its prefix is.
    static let suffixes = ["_malloc", "_calloc", "_realloc", "_strdup", "_memdup"]

    /// Whole names.
    static let functions: Set<String> = [
        "malloc", "calloc", "realloc", "reallocarray", "aligned_alloc", "memalign", "posix_memalign", "strdup",
        "strndup", "mmap", "mmap64", "mremap",
        // GLib.
        "g_malloc", "g_malloc0", "g_malloc_n", "g_malloc0_n", "g_realloc", "g_realloc_n", "g_try_malloc",
        "g_try_malloc0", "g_try_malloc_n", "g_try_realloc", "g_slice_alloc", "g_slice_alloc0", "g_slice_copy",
        "g_memdup", "g_memdup2", "g_strdup", "g_strndup", "g_strdup_printf", "g_strdup_vprintf",
        // Wrappers that end the program where there is no memory, by the names that most projects give them.
        "xmalloc", "xcalloc", "xrealloc", "xzalloc", "xmallocarray", "xreallocarray", "xstrdup", "xstrndup", "xmemdup",
        "safe_malloc", "safe_calloc", "safe_realloc", "zmalloc", "zcalloc", "zrealloc", "zstrdup",
    ]

    /// The name without what stands for a type's sake in front: `<alloc::vec::Vec<T> as core::clone::Clone>::clone`.
    static func core(_ name: String) -> String {
        String(name.drop { $0 == "<" || $0 == "&" })
    }
}
