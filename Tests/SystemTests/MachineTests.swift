import Glibc
import System
import Testing

struct `The machine` {
    @Test func `has pages of a power of two`() {
        #expect(pageSize >= 4096 && pageSize & (pageSize - 1) == 0)
        #expect(clockTicksPerSecond > 0)
    }

    @Test func `has clocks that go on`() {
        let monotonic = Clock.monotonic()
        let boot = Clock.sinceBoot()
        sleep(nanoseconds: 2_000_000)
        #expect(Clock.monotonic() - monotonic >= 2_000_000)
        #expect(Clock.sinceBoot() - boot >= 2_000_000)
        #expect(boot >= monotonic)
    }

    @Test func `knows which processes there are`() {
        #expect(processExists(getpid()))
        #expect(processExists(1))
        #expect(!processExists(0))
        // Above the most that the kernel gives: PID_MAX_LIMIT, include/linux/threads.h.
        #expect(!processExists(4 << 20 + 1))
    }

    @Test func `refuses to signal a process that is not there`() {
        let error = #expect(throws: SystemError.self) { try send(signal: 0, to: 4 << 20 + 1) }
        #expect(error?.errno == ESRCH)
    }
}
