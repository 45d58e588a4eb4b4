internal import Glibc
internal import MemoryModel
package import ProcFS
internal import Segment
internal import System

/// Why a mark was not set.
package enum MarkError: Error, Sendable {
    case process(ProcessError)
    /// The process has no segment, or one that no run looks after.
    case notFollowed(Int32)
    /// The run that follows it keeps no recording, or could not read it.
    case notKept(Int32)
}

/// Has the `silt run --record` that follows a process read it now, under a name, and waits for that.
///
/// - Parameter name: Cut to 63 bytes, as by `silt_mark`.
package func requestMark(pid: Int32, name: String) throws(MarkError) {
    let mapping: Mapping?
    do { mapping = SegmentFile.mapping(in: try ProcessDirectory(pid: pid).maps()) } catch { throw .process(error) }
    guard let path = mapping?.name, let slash = path.lastIndex(of: "/") else { throw .notFollowed(pid) }
    let segment = path[path.index(after: slash)...]
    // The target's path, below its root: it may be in a mount namespace of its own.
    let directory = "/proc/\(pid)/root\(path[..<slash])"
    let answer: [UInt8]?
    do throws(SystemError) {
        let run = try connectToRun(in: directory)
        let cut = String(decoding: name.utf8.prefix(63), as: UTF8.self)
        try run.send(Array("\(segment) \(Announcement.requestedMark) \(cut)".utf8))
        // Longer than a process waits: whoever is at the other end, this one ends.
        _ = try poll([run.pollable], nanoseconds: 15_000_000_000)
        answer = try run.receive(count: 1)
    } catch {
        throw .notFollowed(pid)
    }
    guard answer == [1] else { throw .notKept(pid) }
}

/// By a descriptor of the directory, as its path may be longer than a socket's can be.
private func connectToRun(in directory: String) throws(SystemError) -> UnixListener.Connection {
    let opened = try Descriptor.open(directory, flags: O_RDONLY | O_DIRECTORY)
    return try withExtendedLifetime(opened) { () throws(SystemError) in
        try UnixListener.Connection.to("/proc/self/fd/\(opened.rawValue)/\(RunDirectory.socket)")
    }
}
