import Foundation
import Testing

/// What must always hold of libsilt.so, read off the built library by binutils.
@Suite struct `The library` {
    static let library = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "silt_silt.resources/libsilt.so").path()

    @Test func `needs libc and nothing else`() throws {
        let needed = try lines("readelf", "-dW").filter { $0.contains("(NEEDED)") }
        #expect(needed.count == 1)
        #expect(needed.allSatisfy { $0.contains("[libc.so.6]") }, "\(needed)")
    }

    @Test func `exports what it interposes and nothing else`() throws {
        let exported = Set(
            try lines("nm", "-D", "--defined-only", "--extern-only").compactMap { $0.split(separator: " ").last })
        let interposed: Set<Substring> = [
            "malloc", "free", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc", "memalign",
            "valloc",
            "pvalloc", "malloc_usable_size", "free_sized", "free_aligned_sized", "malloc_trim", "mallopt", "mmap",
            "mmap64",
            "munmap", "mremap", "_exit", "_Exit", "execve", "execv", "execvp", "execvpe", "fexecve", "execl", "execlp",
            "execle", "prctl", "syscall", "setrlimit", "setrlimit64", "prlimit", "prlimit64",
            "dlclose",
        ]
        #expect(exported.subtracting(interposed).filter { !$0.hasPrefix("silt_") }.isEmpty)
        #expect(interposed.subtracting(exported).isEmpty)
    }

    @Test func `is hardened: relocations bound and read-only, no executable stack`() throws {
        let headers = try lines("readelf", "-lW")
        #expect(headers.contains { $0.contains("GNU_RELRO") })
        #expect(headers.contains { $0.contains("GNU_STACK") && !$0.contains("RWE") })
        #expect(try lines("readelf", "-dW").contains { $0.contains("BIND_NOW") || $0.contains("NOW") })
    }

    /// The compiler asks for it where a function has an array on its stack: a path, a directory's entries.
    @Test func `has a stack protector`() throws {
        let asked = try lines("nm", "-D", "--undefined-only")
        #expect(asked.contains { $0.contains(" __stack_chk_fail") })
    }

    @Test func `never aborts, starts a thread or installs a signal handler`() throws {
        let asked = try lines("nm", "-D", "--undefined-only").compactMap { $0.split(separator: " ").last }
        let names = asked.map { $0.prefix { $0 != "@" } }
        #expect(names.contains("dlsym"), "the probe itself: imported names are seen")
        for forbidden in ["abort", "__assert_fail", "pthread_create", "sigaction", "signal", "printf", "fprintf"] {
            #expect(!names.contains(Substring(forbidden)), "\(forbidden)")
        }
    }

    private func lines(_ tool: String, _ options: String...) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [tool] + options + [Self.library]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(tool)")
        return text.split(separator: "\n").map(String.init)
    }
}
