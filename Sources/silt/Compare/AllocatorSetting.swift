import System

/// A setting that a command can be run under.
struct AllocatorSetting {
    var name: String
    /// `NAME=VALUE`, in place of what the environment has.
    var environment: [String]
    /// The allocator that is preloaded, where it is another than the command's own.
    var library: String?

    /// All settings that this machine has, the command as it is first; and the names of those that it lacks.
    static func available() -> (settings: [AllocatorSetting], missing: [String]) {
        var settings = [
            AllocatorSetting(name: "as it is", environment: []),
            AllocatorSetting(name: "ARENA_MAX=2", environment: ["MALLOC_ARENA_MAX=2"]),
            // glibc's own first values, and no longer dynamic: setting one fixes them all (malloc/malloc.c, do_set_*).
            AllocatorSetting(
                name: "thresholds",
                environment: ["MALLOC_TRIM_THRESHOLD_=131072", "MALLOC_MMAP_THRESHOLD_=131072"]),
        ]
        var missing: [String] = []
        for (name, file) in libraries {
            guard let path = folders.map({ "\($0)/\(file)" }).first(where: isReadable) else {
                missing.append(name)
                continue
            }
            let others = silt.environment("LD_PRELOAD").map { $0.isEmpty ? "" : ":\($0)" } ?? ""
            settings.append(
                AllocatorSetting(name: name, environment: ["LD_PRELOAD=\(path)\(others)"], library: path))
        }
        return (settings, missing)
    }

    /// By the names that Debian and others give them: the numbers are those of the interface.
    private static let libraries = [
        ("jemalloc", "libjemalloc.so.2"), ("mimalloc", "libmimalloc.so.2"), ("tcmalloc", "libtcmalloc_minimal.so.4"),
    ]
    private static let folders = [
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib",
    ]
}
