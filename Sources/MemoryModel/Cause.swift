/// The reason why a resident byte is resident. Every resident byte of a process has exactly one.
///
/// The raw value is the identifier in JSON, in budgets and in documentation. `allCases` is the order of the report.
package enum Cause: String, CaseIterable, Sendable, Codable {
    /// Bytes of heap chunks that the program holds, headers included, on resident pages.
    case heapLive = "heap.live"
    /// Resident heap pages without a live byte that `malloc_trim(0)` would return to the kernel.
    case heapRetained = "heap.retained"
    /// Resident heap pages without a live byte that `malloc_trim(0)` would not return: tops of secondary arenas, pages
    /// held by chunks in a thread cache, leading pads.
    case heapKept = "heap.kept"
    /// Free bytes on resident heap pages that at least one live chunk pins.
    case heapFragmented = "heap.fragmented"
    /// Anonymous memory that the program mapped itself, by owner.
    case mappings = "mappings"
    /// Stacks of all threads, those cached for dead threads too.
    case stacks = "stacks"
    /// Shared memory other than silt's own.
    case shared = "shared"
    /// Private pages of file mappings (.data, relocations), .bss, static TLS and the loader's own anonymous areas.
    case moduleData = "module-data"
    /// Resident pages of file mappings: program, libraries, mapped data.
    case files = "files"
    /// silt's own segment, code and private memory: the observer pays its own row.
    case silt = "silt"
    /// vdso and other special mappings of the kernel.
    case kernel = "kernel"
    /// What is left: the difference to RSS.
    case unexplained = "unexplained"
}
