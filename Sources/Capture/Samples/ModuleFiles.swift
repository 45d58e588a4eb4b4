internal import Glibc
internal import MemoryModel
internal import Segment
internal import System

/// The files of a process's modules.
///
/// The paths are the target's, and so is what they lead to: they are looked up below its root, and what is opened is
/// what the process has mapped, by device and inode, or has the build-id that the shim saw.
struct ModuleFiles: ~Copyable {
    private let root: Descriptor
    private let mapped: [Mapping]

    /// - Parameters:
    ///   - root: The target's root directory.
    ///   - mappings: Ascending.
    init(root: consuming Descriptor, mappings: [Mapping]) {
        self.root = root
        mapped = mappings.filter { $0.inode != 0 && !$0.permissions.contains(.shared) }
    }

    /// The module's file for reading; `nil` where it is gone, or may be another one.
    ///
    /// Whoever reads it compares its build-id with the module's, where the module has one.
    func open(_ module: SegmentSamples.Module) -> Descriptor? {
        if let mapping = mapping(of: module), let file = regular(mapping.name, followsLinks: false),
            let status = try? file.status(), status.inode == mapping.inode,
            status.deviceMajor == mapping.device.major, status.deviceMinor == mapping.device.minor
        {
            return file
        }
        // Unloaded, replaced, or on a file system whose files have other numbers in maps (overlayfs before Linux 6.8:
        // fs/proc/task_mmu.c, show_map_vma).
        guard !module.buildID.isEmpty else { return nil }
        return regular(module.path, followsLinks: true)
    }

    /// The line of maps that the module's code still is on.
    private func mapping(of module: SegmentSamples.Module) -> Mapping? {
        var low = 0
        var high = mapped.count
        while low < high {
            let middle = (low + high) / 2
            if mapped[middle].range.end <= module.range.start { low = middle + 1 } else { high = middle }
        }
        guard low < mapped.count, mapped[low].range.start < module.range.end else { return nil }
        return fileName(mapped[low].name) == fileName(module.path) ? mapped[low] : nil
    }

    private func regular(_ path: String, followsLinks: Bool) -> Descriptor? {
        guard path.hasPrefix("/"),
            let file = try? Descriptor.openBeneath(root: root, path: path, followsLinks: followsLinks),
            let status = try? file.status(), status.isRegular, status.size <= Self.longest
        else { return nil }
        return file
    }

    /// Programs with their debug information have a few GiB.
    private static let longest: Int64 = 16 << 30
}

/// The names that the target's run-time compilers left, if they are its own user's; empty where there are none.
///
/// - Parameters:
///   - pid: The process as it sees itself.
///   - owner: Its user.
func perfMap(root: borrowing Descriptor, pid: Int, owner: UInt32) -> [UInt8] {
    let longest: Int64 = 256 << 20
    guard let file = try? Descriptor.openBeneath(root: root, path: "/tmp/perf-\(pid).map"),
        let status = try? file.status(), status.isRegular, status.uid == owner, status.size <= longest
    else { return [] }
    return (try? file.read(at: 0, count: Int(status.size))) ?? []
}
