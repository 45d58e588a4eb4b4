import CSystem
import Glibc

/// An open file: its owner closes it.
package struct Descriptor: ~Copyable {
    package let rawValue: Int32
    /// The path that it was opened by, for errors.
    package let path: String

    deinit { csystem_close(rawValue) }

    /// Opens `path`.
    ///
    /// - Parameters:
    ///   - flags: `O_*` of `fcntl.h`; `O_CLOEXEC` is always added.
    ///   - mode: Permissions of a file that this creates.
    package static func open(
        _ path: String, flags: Int32 = O_RDONLY, mode: UInt32 = 0o600
    ) throws(SystemError) -> Descriptor {
        let result = unsafe csystem_open(path, flags | O_CLOEXEC, mode)
        return Descriptor(rawValue: try checked(result, "open", path), path: path)
    }

    /// Opens `name` in a directory, which may have been moved or removed since it was opened.
    package static func open(
        at directory: borrowing Descriptor, _ name: String, flags: Int32 = O_RDONLY
    ) throws(SystemError) -> Descriptor {
        let path = "\(directory.path)/\(name)"
        let result = unsafe csystem_openat(directory.rawValue, name, flags | O_CLOEXEC)
        return Descriptor(rawValue: try checked(result, "open", path), path: path)
    }

    /// Finds what `path` means to a process whose root directory is `root`, and never anything outside.
    ///
    /// A hostile root can lead nowhere. Nothing is opened yet (`O_PATH`): a device
    /// that a hostile process mounted over the path must not notice, since opening alone sets some of them going (a
    /// watchdog, a tape). Check ``status()`` before ``opened()``.
    ///
    /// - Parameter followsLinks: Whether symbolic links are followed, below `root`; refused otherwise.
    package static func findBeneath(
        root: borrowing Descriptor, path: String, followsLinks: Bool = false
    ) throws(SystemError) -> Descriptor {
        // linux/openat2.h: RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_IN_ROOT. O_NOFOLLOW would find a link
        // itself at the end of the path, instead of refusing it (openat2(2)).
        let resolve: UInt64 = followsLinks ? 0x02 | 0x10 : 0x02 | 0x04 | 0x10
        let result = unsafe csystem_openat2(root.rawValue, path, UInt64(pathOnly | O_CLOEXEC), resolve)
        return Descriptor(rawValue: try checked(result, "openat2", path), path: path)
    }

    /// `O_PATH` of include/uapi/asm-generic/fcntl.h, which Swift's Glibc leaves out.
    package static let pathOnly: Int32 = 0o10_000_000

    /// Opens for reading what was found, whatever its path has come to mean since. Does not wait for who holds a lease
    /// on it (`O_NONBLOCK`: fs/locks.c, __break_lease).
    package func opened() throws(SystemError) -> Descriptor {
        let result = unsafe csystem_open("/proc/self/fd/\(rawValue)", O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0)
        return Descriptor(rawValue: try checked(result, "open", path), path: path)
    }

    /// Locks or unlocks the file as `flock(2)` does.
    ///
    /// - Parameter operation: `LOCK_*` of `sys/file.h`. Without `LOCK_NB` this waits.
    package func flock(_ operation: Int32) throws(SystemError) {
        _ = try checked(csystem_flock(rawValue, operation), "flock", path)
    }

    /// The names in this directory that are decimal numbers, in no order.
    package func numericNames() throws(SystemError) -> [Int32] {
        var capacity = 64
        while true {
            var numbers = [Int32](repeating: 0, count: capacity)
            let count = Int(try checked(unsafe csystem_numeric_names(rawValue, &numbers, capacity), "readdir", path))
            guard count > capacity else { return Array(numbers.prefix(count)) }
            // More may come meanwhile.
            capacity = count * 2
        }
    }
}
