import Foundation
import Testing

/// The import table of the architecture page, held against the import lines themselves: the compiler lets transitive
/// imports through, so that a layer could be skipped without a word.
@Suite struct `Layering` {
    /// Module → modules of this package that it may import.
    static let allowed: [String: Set<String>] = [
        "MemoryModel": [],
        "System": ["CSystem"],
        "ProcFS": ["MemoryModel", "System"],
        "Segment": ["MemoryModel", "System", "SegmentABI"],
        "HeapWalk": ["MemoryModel", "System"],
        "Symbols": ["MemoryModel", "System", "CLibdw"],
        "Reachability": ["MemoryModel", "CMark"],
        "Attribution": ["MemoryModel"],
        "JSONText": ["CYajl"],
        "Recordings": ["MemoryModel", "JSONText"],
        "Budgets": ["MemoryModel", "JSONText"],
        "Rendering": ["MemoryModel", "JSONText"],
        "Gzip": ["CZlib"],
        "Capture": ["MemoryModel", "System", "ProcFS", "Segment", "HeapWalk", "Symbols", "Reachability"],
        "silt": [
            "MemoryModel", "System", "ProcFS", "Capture", "Attribution", "JSONText", "Recordings", "Budgets",
            "Rendering",
            "Gzip", "ArgumentParser",
        ],
    ]
    /// Not ours, and open to all but those that do no I/O.
    static let platform: Set<String> = ["Glibc"]
    static let pure: Set<String> = ["MemoryModel", "Reachability", "Attribution", "Recordings", "Budgets", "Rendering"]

    static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    @Test(arguments: allowed.keys.sorted())
    func `a module imports what the table allows and nothing else`(module: String) throws {
        let files = try swiftFiles(of: module)
        #expect(!files.isEmpty, "the probe itself: the module's folder was found")
        for file in files {
            for imported in try imports(of: file) {
                let isAllowed =
                    Self.allowed[module]!.contains(imported)
                    || (Self.platform.contains(imported) && !Self.pure.contains(module))
                #expect(isAllowed, "\(file.lastPathComponent) of \(module) imports \(imported)")
            }
        }
    }

    @Test func `every folder of sources is in the table`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path())
        // C, zlib's module map, and the build plugin: no Swift module of the program.
        #expect(
            Set(folders).subtracting(Self.allowed.keys) == [
                "CSystem", "CLibdw", "CZlib", "CYajl", "CMark", "BuildShim",
            ])
    }

    @Test func `only the program prints`() throws {
        for module in Self.allowed.keys where module != "silt" {
            for file in try swiftFiles(of: module) {
                let text = try String(contentsOf: file, encoding: .utf8)
                #expect(!text.contains("print("), "\(file.lastPathComponent) of \(module) prints")
            }
        }
    }

    /// Unsafe code lives where bytes from outside come in, and where a fixed path asks for the C library.
    @Test func `unsafe code stays in its modules`() throws {
        for module in [
            "MemoryModel", "ProcFS", "HeapWalk", "Attribution", "Recordings", "Budgets", "Rendering", "Capture",
        ] {
            for file in try swiftFiles(of: module) {
                let text = try String(contentsOf: file, encoding: .utf8)
                #expect(!text.contains("unsafe "), "\(file.lastPathComponent) of \(module) is unsafe")
            }
        }
    }

    private func swiftFiles(of module: String) throws -> [URL] {
        let folder = Self.sources.appending(path: module)
        let paths = FileManager.default.enumerator(atPath: folder.path())?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".swift") }.sorted().map { folder.appending(path: $0) }
    }

    private func imports(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 1, index + 1 < words.count else { return nil }
            guard index == 0 || ["package", "internal", "private", "public"].contains(words[0]) else { return nil }
            return String(words[index + 1])
        }
    }
}
