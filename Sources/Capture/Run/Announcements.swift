internal import System

/// What a process of a run says over its socket (shim/core/run.c), or somebody about one.
struct Announcement {
    /// The name of the segment's file.
    var segment: String
    /// Which process said it, as we see it.
    var peer: Int32
    var kind: Kind

    enum Kind: Equatable {
        /// The process is about to end, or to become another program.
        case leaving
        /// It wants to be read now, under this name.
        case mark(String)
        /// The same, said by another process (`silt mark`).
        case requestedMark(String)
    }

    /// Longer than any segment's name with a mark's: who sends as much is no process of ours.
    static let longest = 192
    /// Between the segment's name and the mark's.
    static let mark = "mark"
    static let requestedMark = "requested-mark"

    /// `nil` for what makes no sense.
    init?(_ text: String, peer: Int32) {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        segment = words[0]
        self.peer = peer
        switch words.count {
        case 1: kind = .leaving
        case 3 where words[1] == Self.mark && !words[2].isEmpty: kind = .mark(words[2])
        case 3 where words[1] == Self.requestedMark && !words[2].isEmpty: kind = .requestedMark(words[2])
        default: return nil
        }
    }
}

/// Those who have said something, and wait until we hang up.
struct Announcements: ~Copyable {
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

    /// Has `serve` do what the first one wants that has said it, and hangs up on it; before that answers where `serve`
    /// says that it is done.
    ///
    /// - Returns: whether there was one.
    mutating func serveOne(_ serve: (Announcement) -> Bool) -> Bool {
        var index = 0
        while index < callers.count {
            let caller = callers[index]
            let received: [UInt8]?
            do { received = try caller.connection.receive(count: Announcement.longest) } catch { received = [] }
            guard let bytes = received else {
                index += 1
                continue
            }
            callers.remove(at: index)
            // Nobody: it has died, or its time was up.
            guard !bytes.isEmpty, let peer = try? caller.connection.peer(),
                let said = Announcement(String(decoding: bytes, as: UTF8.self), peer: peer)
            else { continue }
            if serve(said) { try? caller.connection.send([1]) }
            return true
        }
        return false
    }
}
