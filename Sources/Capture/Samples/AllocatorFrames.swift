internal import MemoryModel

/// The frames between a call that allocates and the sample: of the shim, of the allocator, of C++'s `new`.
enum AllocatorFrames {
    /// The frames without those, innermost first. A stack of nothing else stays as it is: better an odd name than none.
    static func cut(_ frames: [[Frame]], library: String) -> [[Frame]] {
        var rest = frames[...]
        while let innermost = rest.first {
            let kept = innermost.drop { isOurs($0, library) || isAllocator($0) }
            rest.removeFirst()
            if !kept.isEmpty {
                rest = [Array(kept)] + rest
                break
            }
        }
        return rest.isEmpty ? frames : Array(rest)
    }

    private static func isOurs(_ frame: Frame, _ library: String) -> Bool {
        guard !frame.module.isEmpty else { return false }
        return frame.module == library || fileName(frame.module) == "libsilt.so"
    }

    private static func isAllocator(_ frame: Frame) -> Bool {
        guard frame.language == .native else { return false }
        if frame.function.hasPrefix("operator new") { return true }
        let library = fileName(frame.module)
        guard library.hasPrefix("libc.so") || library.hasPrefix("libc-") else { return false }
        // A versioned symbol is its name and the version behind an @.
        return calls.contains(frame.function.prefix { $0 != "@" })
    }

    /// glibc's, with the names inside malloc/malloc.c that its symbol table may show, and those that map memory.
    private static let calls: Set<Substring> = [
        "malloc", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc", "memalign", "valloc",
        "pvalloc", "__libc_malloc", "__libc_calloc", "__libc_realloc", "__libc_reallocarray", "__libc_memalign",
        "__libc_valloc", "__libc_pvalloc", "__posix_memalign", "_int_malloc", "_int_realloc", "_int_memalign",
        "_mid_memalign",
        "malloc_hook_ini", "sysmalloc", "tcache_init", "mmap", "mmap64", "__mmap", "__mmap64", "mremap", "__mremap",
    ]
}

/// The last part of a path.
func fileName(_ path: String) -> Substring {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path[...] }
    return path[path.utf8.index(after: slash)...]
}
