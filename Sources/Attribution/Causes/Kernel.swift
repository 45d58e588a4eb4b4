import MemoryModel

/// `kernel`: `[vdso]`, `[vvar]`, `[vvar_vclock]`, `[uprobes]` and what later kernels add: `arch_vma_name` and the
/// special mappings' names (mm/mmap.c) are in brackets, and so is nothing else but the heap, the stacks and what the
/// program named with PR_SET_VMA_ANON_NAME.
extension Mapping {
    var isKernel: Bool {
        name.hasPrefix("[") && !isAnonymous && !isMainStack && !isShared
    }
}
