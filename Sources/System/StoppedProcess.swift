/// A process of which every thread is held still for as long as this value lives.
///
/// The process does not notice: signals that come meanwhile are delivered afterwards, a process that was stopped stays
/// stopped, and the kernel frees it if the holder is killed. What it may notice is what any stop and continuation
/// does: a few waits (`epoll_wait`, `sigtimedwait`, see signal(7)) return `EINTR`.
///
/// - Precondition: No other thread of this program waits for the process as its child meanwhile: the kernel shows the
///   stops of a tracee to every `waitid` of the tracer's process (kernel/exit.c, wait_task_stopped).
package struct StoppedProcess: ~Copyable {
    private typealias Held = (threads: StoppedThreads, registers: [ThreadRegisters])

    private let holder: HolderThread<Result<Held, SystemError>>
    /// The threads that are held.
    package let threadIDs: [Int32]
    /// Of each of them, where they were asked for.
    package let registers: [ThreadRegisters]

    /// Stops every thread.
    ///
    /// - Parameter timeoutSeconds: How long to wait for threads that cannot stop (in the kernel's uninterruptible
    ///   waits, or in `vfork` until the child's exec).
    ///   - readsRegisters: Whether ``registers`` are read.
    /// - Throws: `ESRCH`: there is no such process, or it ended meanwhile. `EPERM`: it is another user's, or another
    ///   tracer's. `ETIMEDOUT`: a thread did not stop in time. The process runs on in each case.
    package init(pid: Int32, timeoutSeconds: Double, readsRegisters: Bool = false) throws(SystemError) {
        let holder = HolderThread<Result<Held, SystemError>> {
            var threads = StoppedThreads()
            do throws(SystemError) {
                try threads.stopAll(of: pid, timeoutSeconds: timeoutSeconds)
                return .success((threads, readsRegisters ? try threads.registers() : []))
            } catch {
                threads.release()
                return .failure(error)
            }
        } release: { outcome in
            if case .success(let held) = outcome { held.threads.release() }
        }
        switch try holder.start() {
        case .success(let held):
            self.holder = holder
            threadIDs = held.threads.threadIDs
            registers = held.registers
        case .failure(let error):
            holder.end()
            throw error
        }
    }

    deinit { holder.end() }
}

/// Runs `body` while every thread of a process is held still; see ``StoppedProcess``.
package func withProcessStopped<Value>(
    pid: Int32, timeoutSeconds: Double, _ body: () throws -> Value
) throws -> Value {
    let stopped = try StoppedProcess(pid: pid, timeoutSeconds: timeoutSeconds)
    let value = try body()
    _ = consume stopped
    return value
}
