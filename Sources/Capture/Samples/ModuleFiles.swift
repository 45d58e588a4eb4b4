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
    /// `/proc/PID/map_files`: a link for each mapped file, which leads to it when it has no name any more.
    private let links: Descriptor?
    /// Files without a name any more, by where they are mapped: when the process has ended, no link leads to them.
    private var kept: [Address: KeptFile] = [:]

    /// So many at most: `silt run` may hold those of 16 processes that have ended.
    private static let mostKept = 16

    /// - Parameters:
    ///   - root: The target's root directory.
    ///   - mappings: Ascending.
    ///   - modules: Those of them whose file was removed are held open, where the links may be followed.
    init(
        root: consuming Descriptor, mappings: [Mapping], links: consuming Descriptor? = nil,
        keeping modules: [SegmentSamples.Module] = []
    ) {
        self.root = root
        self.links = links
        mapped = mappings.filter { $0.inode != 0 && !$0.permissions.contains(.shared) }
        for module in modules where kept.count < Self.mostKept {
            guard let mapping = mapping(of: module), mapping.name.hasSuffix(" (deleted)"),
                kept[mapping.range.start] == nil
            else { continue }
            if let file = linked(mapping) { kept[mapping.range.start] = KeptFile(file) }
        }
    }

    /// The module with the path that maps has for it, which is free of links; the loader's own name for the main
    /// program is empty, and others may be relative (elf/dl-load.c).
    func resolved(_ module: SegmentSamples.Module) -> SegmentSamples.Module {
        guard let mapping = mapping(of: module), mapping.name.hasPrefix("/") else { return module }
        let isSameName =
            fileName(mapping.name).hasPrefix(fileName(module.path)) && !mapping.name.hasSuffix(" (deleted)")
        guard isSameName || !module.path.hasPrefix("/") else { return module }
        var module = module
        module.path = mapping.name
        return module
    }

    /// The file that the process has mapped where the module is, or was; `nil` where that may be another one.
    ///
    /// Whoever reads it compares its build-id with the module's, where the module has one.
    ///
    /// - Parameter module: As ``resolved(_:)`` has it.
    func openMapped(_ module: SegmentSamples.Module) -> Descriptor? {
        guard let mapping = mapping(of: module) else { return nil }
        let isNamedSo = mapping.name == module.path
        if isNamedSo || !module.buildID.isEmpty {
            if let file = regular(mapping.name, followsLinks: false), isFile(file, of: mapping) { return file }
            return openLinked(mapping)
        }
        // By another name, and there is no build-id to tell: the name must lead to it.
        guard let file = regular(module.path, followsLinks: true), isFile(file, of: mapping) else { return nil }
        return file
    }

    /// The file that has the module's path now: the module was unloaded, or lies on a file system whose files have
    /// other numbers in maps (overlayfs before Linux 6.8: fs/proc/task_mmu.c, show_map_vma).
    ///
    /// Whoever reads it compares its build-id with the module's: without one there is no such file.
    func openNamed(_ module: SegmentSamples.Module) -> Descriptor? {
        module.buildID.isEmpty ? nil : regular(module.path, followsLinks: true)
    }

    /// The first line of maps that the module's code still is on, or that another's is on now.
    private func mapping(of module: SegmentSamples.Module) -> Mapping? {
        var low = 0
        var high = mapped.count
        while low < high {
            let middle = (low + high) / 2
            if mapped[middle].range.end <= module.range.start { low = middle + 1 } else { high = middle }
        }
        return low < mapped.count && mapped[low].range.start < module.range.end ? mapped[low] : nil
    }

    private func isFile(_ file: borrowing Descriptor, of mapping: Mapping) -> Bool {
        guard let status = try? file.status(), status.isRegular else { return false }
        return status.inode == mapping.inode && status.deviceMajor == mapping.device.major
            && status.deviceMinor == mapping.device.minor
    }

    private func regular(_ path: String, followsLinks: Bool) -> Descriptor? {
        guard path.hasPrefix("/"),
            let found = try? Descriptor.findBeneath(root: root, path: path, followsLinks: followsLinks),
            let status = try? found.status(), status.isRegular, status.size <= Self.longest
        else { return nil }
        return try? found.opened()
    }

    /// A file that was removed or replaced, as by an upgrade. Root may follow these links (fs/proc/base.c,
    /// proc_map_files_get_link). Nothing but a regular file is opened: the first look is through a handle only.
    private func openLinked(_ mapping: Mapping) -> Descriptor? {
        if let file = kept[mapping.range.start] { return try? file.handle.opened() }
        guard let handle = linked(mapping) else { return nil }
        return try? handle.opened()
    }

    /// The file of a mapping, not opened yet.
    private func linked(_ mapping: Mapping) -> Descriptor? {
        let name = [mapping.range.start, mapping.range.end].map { String($0.rawValue, radix: 16) }
        guard let handle = try? opened(name.joined(separator: "-"), flags: Descriptor.pathOnly),
            isFile(handle, of: mapping)
        else { return nil }
        return handle
    }

    private func opened(_ name: String, flags: Int32) throws -> Descriptor? {
        switch links {
        case .none: nil
        case .some(let links): try Descriptor.open(at: links, name, flags: flags)
        }
    }

    /// Programs with their debug information have a few GiB.
    private static let longest: Int64 = 16 << 30
}

/// A class, to be kept in a dictionary.
private final class KeptFile {
    let handle: Descriptor

    init(_ handle: consuming Descriptor) { self.handle = handle }
}

extension ModuleFiles {
    /// The names that the target's run-time compilers left, if they are its own user's; empty where there are none.
    ///
    /// - Parameters:
    ///   - pid: The process as it sees itself.
    ///   - owner: Its user.
    func perfMap(pid: Int, owner: UInt32) -> [UInt8] {
        let longest: Int64 = 256 << 20
        guard let found = try? Descriptor.findBeneath(root: root, path: "/tmp/perf-\(pid).map"),
            let status = try? found.status(), status.isRegular, status.uid == owner, status.size <= longest,
            let file = try? found.opened()
        else { return [] }
        return (try? file.read(at: 0, count: Int(status.size))) ?? []
    }
}
