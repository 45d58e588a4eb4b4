import CSystem

/// The thread pointer of a thread of any process, whether it runs or not; `nil` where glibc did not make the thread, or
/// it may not be asked for.
///
/// glibc registers a list head in the descriptor of every thread that it starts (nptl/pthread_create.c: start_thread;
/// nptl/descr.h: robust_head), and the kernel tells where it lies (kernel/futex/syscalls.c: get_robust_list), to whom may
/// read the process.
///
/// - Parameter thread: Its number, which may belong to another process by now: check that the address can be right.
package func threadPointer(ofThread thread: Int32) -> UInt64? {
    // offsetof (struct pthread, robust_head) on x86-64, glibc 2.27 to 2.41; the thread pointer points at the descriptor.
    let offset: UInt64 = 736
    var head: UInt64 = 0
    guard unsafe csystem_robust_list_head(thread, &head) == 0, head >= offset else { return nil }
    return head - offset
}
