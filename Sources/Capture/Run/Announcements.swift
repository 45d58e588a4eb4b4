internal import System

/// The processes that say that they are about to end, and wait until we hang up (shim/core/leave.c).
struct Announcements: ~Copyable {
    /// Longer than any segment's name: who sends as much is no process of ours.
    private static let longestName = 64

    private final class Caller {
        let connection: UnixListener.Connection

        init(_ connection: consuming UnixListener.Connection) { self.connection = connection }
    }

    private var callers: [Caller] = []

    /// What to poll for, beside the listener.
    var pollable: [Int32] { callers.map { $0.connection.pollable } }

    /// Takes in who has connected.
    mutating func accept(from listener: borrowing UnixListener) {
        while let connection = try? listener.accept() { callers.append(Caller(connection)) }
    }

    /// Has `serve` read the first process that has said its name, and hangs up on it.
    ///
    /// - Returns: whether there was one.
    mutating func serveOne(_ serve: (_ segment: String, _ pid: Int32) -> Void) -> Bool {
        var index = 0
        while index < callers.count {
            let caller = callers[index]
            let received: [UInt8]?
            do { received = try caller.connection.receive(count: Self.longestName) } catch { received = [] }
            guard let bytes = received else {
                index += 1
                continue
            }
            callers.remove(at: index)
            // Nobody: it has died, or its time was up.
            guard !bytes.isEmpty, let peer = try? caller.connection.peer() else { continue }
            serve(String(decoding: bytes, as: UTF8.self), peer)
            return true
        }
        return false
    }
}
