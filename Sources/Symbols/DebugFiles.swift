internal import CLibdw
internal import MemoryModel
internal import System

/// Separate debug files, in the usual places below a root directory.
///
/// Found by hand and not by libdwfl, for three reasons. libdwfl asks debuginfod where it finds no file, through a
/// libdebuginfod that it loads by dlopen as soon as a look-up fails, or at start (libdwfl/debuginfod-client.c): it
/// cannot be told not to, only be left without DEBUGINFOD_URLS. It opens by path, in this process's root. And its
/// dlopen would be linked into the static program.
struct DebugFiles: ~Copyable {
    let root: Descriptor
    let limits: SymbolLimits

    init(root: consuming Descriptor, limits: SymbolLimits) {
        self.root = root
        self.limits = limits
    }

    /// The file that holds the debug information of `module`; checked to belong to it.
    func find(for file: ElfFile, path: String) -> ElfFile? {
        let identity = file.buildID
        if let identity, let found = open(Self.path(of: identity)), found.hasDebugInfo, found.buildID == identity {
            return found
        }
        guard let link = file.debugLink, !link.name.isEmpty, !link.name.contains("/") else { return nil }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        // In gdb's order ("Debugging Information in Separate Files").
        for place in [folder, "\(folder)/.debug", "/usr/lib/debug\(folder)"].map({ "\($0)/\(link.name)" }) {
            guard place != path, let found = open(place), found.hasDebugInfo else { continue }
            if identity != nil, found.buildID == identity { return found }
            if identity == nil, found.checksum(limit: limits.sectionBytes) == link.checksum { return found }
        }
        return nil
    }

    /// The file of dwz that several debug files have in common.
    func findSupplement(named name: String, identity: BuildID) -> ElfFile? {
        // Debian names it by its whole path, Fedora relative to the debug file: `../../.dwz/NAME`.
        let parts = name.split(separator: "/")
        let below = parts.lastIndex(of: ".dwz").map { "/usr/lib/debug/" + parts[$0...].joined(separator: "/") }
        let places = [Self.path(of: identity), name.hasPrefix("/") ? name : nil, below]
        for place in places {
            if let found = open(place), found.hasDebugInfo, found.buildID == identity { return found }
        }
        return nil
    }

    private func open(_ path: String?) -> ElfFile? {
        guard let path, let file = try? Descriptor.openBeneath(root: root, path: path) else { return nil }
        return ElfFile(file)
    }

    private static func path(of identity: BuildID) -> String? {
        let digits = identity.hexadecimal
        guard digits.utf8.count > 2 else { return nil }
        return "/usr/lib/debug/.build-id/\(digits.prefix(2))/\(digits.dropFirst(2)).debug"
    }
}
