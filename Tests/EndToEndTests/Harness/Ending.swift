import Foundation

/// Ends a target's input from a thread of its own, after a while.
final class Ending: Sendable {
    private let done = DispatchSemaphore(value: 0)

    init(_ target: Target, afterMicroseconds delay: Int) {
        let input = target.input.fileHandleForWriting
        Thread.detachNewThread { [done] in
            usleep(UInt32(delay))
            try? input.close()
            done.signal()
        }
    }

    func wait() { done.wait() }
}
