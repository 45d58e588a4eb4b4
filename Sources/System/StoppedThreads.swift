import CSystem
import Glibc

/// The threads of one process that the calling thread has brought to a stop.
///
/// Stops are looked at and never waited for in earnest (`WNOWAIT`). That leaves the signal of a thread that stopped on
/// its delivery with the thread, so that it is not lost if we are killed (a wait takes it: kernel/exit.c,
/// wait_task_stopped), and leaves the exit status of a process of which we are the parent for whoever waits for it.
struct StoppedThreads: Sendable {
    /// The signal that each stopped thread was about to receive, 0 for none.
    private var signals: [Int32: Int32] = [:]

    var threadIDs: [Int32] { signals.keys.sorted() }

    /// Stops threads until a look at the list of threads finds no new one.
    mutating func stopAll(of pid: Int32, timeoutSeconds: Double) throws(SystemError) {
        let deadline = Clock.monotonic() + Int64(timeoutSeconds * 1e9)
        let vanished = SystemError(call: "ptrace", errno: ESRCH, what: "process \(pid)")
        // Opened once: a process that gets the same number later is not in it.
        let tasks: Descriptor
        do throws(SystemError) {
            tasks = try Descriptor.open("/proc/\(pid)/task", flags: O_RDONLY | O_DIRECTORY)
        } catch {
            throw error.errno == ENOENT ? vanished : error
        }
        var known: Set<Int32> = []
        while true {
            // ENOENT: the process is gone (fs/proc/base.c, proc_task_readdir).
            let listed = (try? tasks.numericNames()) ?? []
            let new = listed.filter { known.insert($0).inserted }
            guard !new.isEmpty else { break }
            // Threads that start one another and end are new at every look.
            guard Clock.monotonic() < deadline else {
                throw SystemError(call: "ptrace", errno: ETIMEDOUT, what: "process \(pid)")
            }
            var seized: [Int32] = []
            for thread in new where try seize(thread, tasks) { seized.append(thread) }
            for thread in seized { try awaitStop(of: thread, tasks, deadline) }
        }
        if signals.isEmpty { throw vanished }
    }

    /// What is in the registers of every thread that is held. To be called by the thread that stopped them.
    func registers() throws(SystemError) -> [ThreadRegisters] {
        var found: [ThreadRegisters] = []
        for thread in threadIDs {
            if let registers = try ThreadRegisters(ofStopped: thread) { found.append(registers) }
        }
        return found
    }

    /// Lets the threads go on, each with the signal that it was about to receive.
    func release() {
        // ESRCH: killed meanwhile.
        for (thread, signal) in signals { _ = csystem_ptrace_detach(thread, signal) }
    }

    /// Asks a thread to stop; `false` where it has ended.
    private func seize(_ thread: Int32, _ tasks: borrowing Descriptor) throws(SystemError) -> Bool {
        var result = csystem_ptrace_seize(thread)
        if result == 0 { result = csystem_ptrace_interrupt(thread) }
        if result == 0 { return true }
        // A main thread that ended before the others stays in the list, and refuses (kernel/ptrace.c, ptrace_attach).
        if result == -ESRCH || Self.hasEnded(thread, tasks) { return false }
        throw SystemError(call: "ptrace", errno: -result, what: "thread \(thread)")
    }

    /// Waits until a thread has stopped, or ended.
    private mutating func awaitStop(
        of thread: Int32, _ tasks: borrowing Descriptor, _ deadline: Int64
    ) throws(SystemError) {
        var pause: Int64 = 20_000
        while true {
            var signal: Int32 = 0
            switch unsafe csystem_peek_stop(thread, &signal) {
            case Int32(CSYSTEM_STOP_TRAP.rawValue), Int32(CSYSTEM_STOP_SIGNAL.rawValue):
                signals[thread] = signal
                return
            case Int32(CSYSTEM_STOP_NONE.rawValue):
                // The end of a main thread is not reported before the others have ended (kernel/exit.c,
                // delay_group_leader).
                if Self.hasEnded(thread, tasks) { return }
            default:
                return
            }
            guard Clock.monotonic() < deadline else {
                throw SystemError(call: "ptrace", errno: ETIMEDOUT, what: "thread \(thread)")
            }
            sleep(nanoseconds: pause)
            pause = min(pause * 2, 2_000_000)
        }
    }

    /// Whether a thread is a zombie, dead or gone.
    private static func hasEnded(_ thread: Int32, _ tasks: borrowing Descriptor) -> Bool {
        guard let file = try? Descriptor.open(at: tasks, "\(thread)/stat"), let bytes = try? file.readAll(),
            let name = bytes.lastIndex(of: UInt8(ascii: ")")), name + 2 < bytes.count
        else { return true }
        // "PID (NAME) STATE …" (fs/proc/array.c, do_task_stat).
        return [UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(bytes[name + 2])
    }
}
