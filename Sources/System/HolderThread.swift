import CSystem
import Glibc

/// A thread of the operating system that does one thing, holds its result until told to let go, and ends.
///
/// ptrace binds a tracee to one thread, while a Swift task moves between threads. A thread of its own also frees what
/// `PTRACE_DETACH` cannot (a thread that never came to its stop): the kernel detaches all tracees of a thread that ends
/// (kernel/ptrace.c, exit_ptrace).
///
/// Unchecked: `outcome` is written before `ready` is posted and read after it was waited for.
final class HolderThread<Outcome: Sendable>: ThreadBody, @unchecked Sendable {
    private let acquire: @Sendable () -> Outcome
    private let release: @Sendable (Outcome) -> Void
    private var outcome: Outcome?
    private let ready = Semaphore()
    private let letGo = Semaphore()
    private var thread: UInt64 = 0

    /// Runs `acquire` on a new thread; what it gives goes to `release` on the same thread in ``end()``.
    init(acquire: @escaping @Sendable () -> Outcome, release: @escaping @Sendable (Outcome) -> Void) {
        self.acquire = acquire
        self.release = release
    }

    /// Starts the thread and waits for the outcome.
    func start() throws(SystemError) -> Outcome {
        thread = try startThread(self)
        ready.wait()
        return outcome!
    }

    /// Releases the outcome and waits for the thread's end. To be called once, after ``start()`` returned.
    func end() {
        letGo.post()
        csystem_join_thread(thread)
    }

    fileprivate func run() {
        let outcome = acquire()
        self.outcome = outcome
        ready.post()
        letGo.wait()
        release(outcome)
    }
}

/// Runs `body` for the numbers below `count` at once, each on a thread of its own but for the last, and waits for all.
/// Where there is no further thread to be had, this one does its work.
package func atOnce(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads: [UInt64] = []
    for number in 0..<max(0, count - 1) {
        if let thread = try? startThread(Work { body(number) }) { threads.append(thread) } else { body(number) }
    }
    if count > 0 { body(count - 1) }
    for thread in threads { csystem_join_thread(thread) }
}

private final class Work: ThreadBody {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func run() { body() }
}

/// What a thread does.
private protocol ThreadBody: AnyObject, Sendable {
    func run()
}

/// A reference that C can carry.
private final class Carrier {
    let body: any ThreadBody

    init(_ body: any ThreadBody) { self.body = body }
}

/// Starts a thread and returns its `pthread_t`; to be joined once.
private func startThread(_ body: any ThreadBody) throws(SystemError) -> UInt64 {
    let carrier = unsafe Unmanaged.passRetained(Carrier(body)).toOpaque()
    var thread: UInt64 = 0
    let result = unsafe csystem_start_thread(&thread, runBody, carrier)
    if result < 0 { unsafe Unmanaged<Carrier>.fromOpaque(carrier).release() }
    _ = try checked(result, "pthread_create", "thread")
    return thread
}

/// The first function of a thread.
private func runBody(_ carrier: UnsafeMutableRawPointer?) {
    guard let carrier = unsafe carrier else { return }
    unsafe Unmanaged<Carrier>.fromOpaque(carrier).takeRetainedValue().body.run()
}

/// A count that threads wait for.
///
/// Unchecked: sem_t is made for use from several threads.
@safe
private final class Semaphore: @unchecked Sendable {
    private let storage = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { unsafe sem_init(storage, 0, 0) }

    deinit {
        unsafe sem_destroy(storage)
        unsafe storage.deallocate()
    }

    func post() { unsafe sem_post(storage) }

    func wait() {
        while unsafe sem_wait(storage) != 0 {}
    }
}
