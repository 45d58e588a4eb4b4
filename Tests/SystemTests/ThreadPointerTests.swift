import Glibc
import System
import TestSupport
import Testing

/// Three threads beside the main one; each of the four says where pthread_self(3) is, which is the thread pointer.
private let threadedProgram = """
    import threading, time
    def stay():
        time.sleep(60)
    threads = [threading.Thread(target=stay, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in [threading.main_thread()] + threads:
        print(thread.native_id, thread.ident)
    stay()
    """

struct `A thread pointer` {
    @Test func `is that of the thread, in this process`() {
        // The kernel takes 0 for the calling thread.
        #expect(threadPointer(ofThread: 0) == UInt64(pthread_self()))
    }

    @Test func `is that of the thread, in another process`() throws {
        let child = try PythonChild(threadedProgram)
        defer { child.end() }
        for _ in 0..<4 {
            let numbers = try #require(child.line()).split(separator: " ").compactMap { UInt64($0) }
            #expect(threadPointer(ofThread: Int32(numbers[0])) == numbers[1])
        }
    }

    @Test func `is unknown of a thread that is not there`() {
        // Above the most that the kernel gives: PID_MAX_LIMIT, include/linux/threads.h.
        #expect(threadPointer(ofThread: 4 << 20 + 1) == nil)
    }
}
