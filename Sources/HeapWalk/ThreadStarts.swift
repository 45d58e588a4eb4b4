package import MemoryModel
internal import System

/// The functions that threads were started with, by their thread pointers; `nil` where the memory may not be read, or the
/// descriptor has another shape.
///
/// glibc keeps it in the thread's descriptor, where the thread pointer points (nptl/descr.h: start_routine). 1592 bytes in
/// on x86-64 with glibc 2.36: libc.so.6 says so itself, for debuggers, in `_thread_db_pthread_start_routine` (nptl_db/structs.def).
///
/// - Parameter residency: Ascending; only pages that the target has written are read.
package func threadStarts(
    pid: Int32, threadPointers: [Address?], mappings: [Mapping], residency: [ResidencyRun]
) -> [Address?] {
    let offset: UInt64 = 1592
    let memory = WrittenMemory(ProcessMemory(pid: pid), residency: residency)
    let code = mappings.filter { $0.permissions.contains(.execute) }.map(\.range)
    let places = threadPointers.map { pointer -> Range<UInt64> in
        guard let start = pointer?.rawValue, start < 1 << 56 else { return 0..<0 }
        return start + offset..<start + offset + 8
    }
    return memory.read(places).map { bytes in
        guard let bytes else { return nil }
        let address = Address(bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
        return code.holding(address) == nil ? nil : address
    }
}
