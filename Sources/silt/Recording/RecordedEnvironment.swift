import Glibc
import MemoryModel
import System

/// What of the machine and of the environment a recording depends on.
func recordedEnvironment() -> [RecordedFact] {
    var facts: [RecordedFact] = [
        RecordedFact("cores", String(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
        RecordedFact("page_bytes", String(pageSize)),
    ]
    func add(_ name: String, _ value: String?) {
        if let value, !value.isEmpty { facts.append(RecordedFact(name, value)) }
    }
    var system = utsname()
    if unsafe uname(&system) == 0 {
        add("kernel", text(&system.release))
        add("machine", text(&system.machine))
    }
    add("os", osName())
    // The one in brackets is in force.
    add("transparent_hugepages", firstLine(of: "/sys/kernel/mm/transparent_hugepage/enabled")?.bracketed)
    add("cgroup_memory_limit", memoryLimit())
    for name in ["GLIBC_TUNABLES", "PYTHONMALLOC", "SILT_SAMPLE", "LD_PRELOAD"] { add(name, environment(name)) }
    for name in ["ARENA_MAX", "ARENA_TEST", "MMAP_MAX", "MMAP_THRESHOLD", "TOP_PAD", "TRIM_THRESHOLD"] {
        // With the underscore that glibc's own variables end in (mallopt(3)).
        add("MALLOC_\(name)_", environment("MALLOC_\(name)_"))
    }
    add("MALLOC_ARENA_MAX", environment("MALLOC_ARENA_MAX"))
    return facts.sorted { $0.name < $1.name }
}

/// os-release(5).
private func osName() -> String? {
    lines(of: "/etc/os-release").first { $0.hasPrefix("PRETTY_NAME=") }
        .map { $0.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" } }
}

/// Of the control group that silt, and so the command, is in (Documentation/admin-guide/cgroup-v2.rst); the nearest that
/// has one.
private func memoryLimit() -> String? {
    guard let own = lines(of: "/proc/self/cgroup").first(where: { $0.hasPrefix("0::/") }) else { return nil }
    var path = String(own.dropFirst("0::".count))
    while true {
        if let limit = firstLine(of: "/sys/fs/cgroup\(path)/memory.max"), limit != "max" { return limit }
        guard let slash = path.lastIndex(of: "/"), path != "/" else { return nil }
        path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

private func firstLine(of path: String) -> String? { lines(of: path).first }

private func lines(of path: String) -> [String] {
    guard let file = try? Descriptor.open(path), let bytes = try? file.readAll(atMost: 64 << 10) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

private func text<Characters>(_ characters: inout Characters) -> String {
    unsafe withUnsafeBytes(of: &characters) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

extension String {
    /// What stands in square brackets.
    fileprivate var bracketed: String? {
        guard let open = firstIndex(of: "["), let close = firstIndex(of: "]"), open < close else { return nil }
        return String(self[index(after: open)..<close])
    }
}
