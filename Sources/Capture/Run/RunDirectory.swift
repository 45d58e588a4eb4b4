internal import Glibc
internal import Segment
package import System

/// The directory of one `silt run`: segments of its processes, and the socket that they announce their end at.
///
/// Locked for as long as this value lives, and removed with everything in it at its end. Who finds one that is not
/// locked finds what a killed `silt run` left.
package struct RunDirectory: ~Copyable {
    static let prefix = "silt-run-"
    /// Where processes announce what they want, in the directory (shim/core/run.c).
    static let socket = "leaving"

    /// Absolute.
    package let path: String
    /// The last part of it.
    var name: String { path.split(separator: "/").last.map(String.init) ?? "" }
    private let directory: Descriptor
    /// Where processes announce that they are about to end.
    let listener: UnixListener

    /// - Parameter base: The directory to make it in.
    package init(in base: String) throws(SystemError) {
        let base = try canonicalPath(base)
        // The six characters of mkdtemp, two slashes.
        let length = base.utf8.count + Self.prefix.utf8.count + Self.socket.utf8.count + 8
        guard length <= UnixListener.longestPath else {
            throw SystemError(call: "bind", errno: ENAMETOOLONG, what: "\(base)/\(Self.prefix)XXXXXX/\(Self.socket)")
        }
        Self.sweep(base)
        let directory = try Self.make(in: base)
        listener = try Self.listen(in: directory)
        path = directory.path
        self.directory = directory
    }

    deinit { try? directory.removeDirectory() }

    /// The files of segments, whole or not.
    func segmentNames() -> [String] {
        ((try? directory.names()) ?? []).filter { $0.hasPrefix(SegmentFile.prefix) }
    }

    func segment(_ name: String) throws(SegmentError) -> SegmentFile {
        try SegmentFile.open(at: directory, name, owner: User.effective)
    }

    /// Removes a segment that no process maps any more.
    func removeSegment(_ name: String) { try? directory.unlink(name) }

    /// Whether any process ever made a segment here.
    var wasUsed: Bool { ((try? directory.changed()) ?? 1) != 0 }

    /// A new one, locked. A sweeper that comes between the making and the locking removes it: then another is made.
    private static func make(in base: String) throws(SystemError) -> Descriptor {
        for attempt in 1... {
            let path = try makeTemporaryDirectory(prefix: "\(base)/\(prefix)")
            do throws(SystemError) {
                let directory = try Descriptor.open(path, flags: directoryFlags | O_NOFOLLOW)
                try directory.flock(LOCK_EX | LOCK_NB)
                if try directory.status().linkCount > 0 { return directory }
            } catch {
                guard [ENOENT, EWOULDBLOCK].contains(error.errno), attempt < 8 else { throw error }
            }
        }
        fatalError("unreachable: the last attempt returns or throws")
    }

    private static func listen(in directory: borrowing Descriptor) throws(SystemError) -> UnixListener {
        do throws(SystemError) {
            let listener = try UnixListener(path: "\(directory.path)/\(socket)")
            try directory.resetChanged()
            return listener
        } catch {
            try? directory.removeDirectory()
            throw error
        }
    }

    /// Removes what killed runs of this user left in `base`: what looks like a run's directory in name and in content.
    private static func sweep(_ base: String) {
        guard let parent = try? Descriptor.open(base, flags: directoryFlags), let names = try? parent.names() else {
            return
        }
        for name in names where name.hasPrefix(prefix) && name.utf8.count == prefix.utf8.count + 6 {
            guard let left = try? Descriptor.open(at: parent, name, flags: directoryFlags | O_NOFOLLOW),
                let status = try? left.status(), status.uid == User.effective, let files = try? left.names(),
                files.allSatisfy({ $0 == socket || $0.hasPrefix(SegmentFile.prefix) }),
                (try? left.flock(LOCK_EX | LOCK_NB)) != nil
            else { continue }
            try? left.removeDirectory()
        }
    }
}
