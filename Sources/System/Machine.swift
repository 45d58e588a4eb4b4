import CSystem
import Glibc

/// Bytes of a page of memory.
package let pageSize = Int(csystem_sysconf(Int32(_SC_PAGESIZE)))

/// Units of the kernel's times in a second (`USER_HZ`, 100 on every architecture that matters).
package let clockTicksPerSecond = Int(csystem_sysconf(Int32(_SC_CLK_TCK)))

/// Clocks, in nanoseconds.
package enum Clock {
    /// Since some instant; stands still while the machine sleeps.
    package static func monotonic() -> Int64 { csystem_clock(CLOCK_MONOTONIC) }
    /// Since the machine was started, sleep included: the clock of a process's start time.
    package static func sinceBoot() -> Int64 { csystem_clock(CLOCK_BOOTTIME) }
    /// Since 1970, as the machine is set (UTC).
    package static func sinceEpoch() -> Int64 { csystem_clock(CLOCK_REALTIME) }
}

/// Lets at least `nanoseconds` pass, or fewer where a signal comes.
package func sleep(nanoseconds: Int64) { csystem_sleep(nanoseconds) }

/// Who is running this program.
package enum User {
    package static var real: UInt32 { getuid() }
    package static var effective: UInt32 { geteuid() }
}

/// Whether there is a process (a zombie counts), whosever it is.
package func processExists(_ pid: Int32) -> Bool {
    // kill(2): with signal 0 only the checks are made. Not ours to signal still means that it is there.
    pid > 0 && csystem_kill(pid, 0) != -ESRCH
}

/// Sends a signal to one process.
///
/// - Precondition: `pid` is positive: 0 and below mean groups.
package func send(signal: Int32, to pid: Int32) throws(SystemError) {
    precondition(pid > 0)
    _ = try checked(csystem_kill(pid, signal), "kill", "process \(pid)")
}
