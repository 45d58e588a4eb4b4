import CSystem
import Glibc

extension Descriptor {
    /// What the kernel knows of an open file.
    package struct Status: Equatable, Sendable {
        /// In bytes.
        package var size: Int64
        package var deviceMajor: UInt32
        package var deviceMinor: UInt32
        package var inode: UInt64
        /// Kind and permissions, `S_*` of `sys/stat.h`.
        package var mode: UInt32
        /// The owner.
        package var uid: UInt32
        /// Directory entries that lead to the file: 0 once it is unlinked.
        package var linkCount: UInt32

        package var isRegular: Bool { mode & S_IFMT == S_IFREG }
    }

    /// What the kernel knows of the open file.
    package func status() throws(SystemError) -> Status {
        var found = csystem_status()
        _ = try checked(unsafe csystem_fstat(rawValue, &found), "fstat", path)
        return Status(
            size: found.size, deviceMajor: found.device_major, deviceMinor: found.device_minor, inode: found.inode,
            mode: found.mode, uid: found.uid, linkCount: found.link_count)
    }

    /// Gives the file the permissions of `mode`, whose other bits do not matter.
    package func setMode(_ mode: UInt32) throws(SystemError) {
        guard fchmod(rawValue, mode & 0o7777) == 0 else { throw SystemError(call: "fchmod", errno: errno, what: path) }
    }
}
