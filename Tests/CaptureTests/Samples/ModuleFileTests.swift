import Foundation
import MemoryModel
import ProcFS
import System
import TestSupport
import Testing

@testable import Capture
@testable import Segment

@Suite struct `The file of a module` {
    let scratch = try! Scratch()

    func mapping(of name: String, as path: String? = nil, start: UInt64 = 0x1000) throws -> Mapping {
        // O_PATH, which is not imported: a FIFO does not make it wait.
        let status = try Descriptor.open("\(scratch.path)\(name)", flags: 0o1000_0000).status()
        return Mapping(
            range: AddressRange(start: Address(start), end: Address(start + 0x1000)), permissions: [.read, .execute],
            device: DeviceNumber(major: status.deviceMajor, minor: status.deviceMinor), inode: status.inode,
            name: path ?? name)
    }

    static func module(_ path: String, buildID: [UInt8] = [], start: UInt64 = 0x1000) -> SegmentSamples.Module {
        .init(
            range: AddressRange(start: Address(start), end: Address(start + 0x1000)), bias: 0, path: path,
            buildID: buildID)
    }

    func write(_ name: String, _ text: String = "code") throws {
        try text.write(toFile: "\(scratch.path)\(name)", atomically: false, encoding: .utf8)
    }

    /// What is read of the module's file, as mapped or by name.
    func opened(_ module: SegmentSamples.Module, _ mappings: [Mapping]) throws -> [String?] {
        let files = ModuleFiles(root: try Descriptor.open(scratch.path, flags: O_DIRECTORY), mappings: mappings)
        let resolved = files.resolved(module)
        return [try text(files.openMapped(resolved)), try text(files.openNamed(resolved))]
    }

    private func text(_ file: consuming Descriptor?) throws -> String? {
        guard let file = file.take() else { return nil }
        return String(decoding: try file.readAll(), as: UTF8.self)
    }

    @Test func `is the one that is mapped`() throws {
        try write("/a.so")
        try write("/b.so", "other")
        let before = try mapping(of: "/b.so", start: 0)
        #expect(try opened(Self.module("/a.so"), [before, mapping(of: "/a.so")]) == ["code", nil])
        // The loader has no name for the program, and may have a relative one for what was opened so.
        for name in ["", "./a.so", "x/y.so"] {
            #expect(try opened(Self.module(name), [before, mapping(of: "/a.so")]) == ["code", nil])
        }
        // The kernel names it by where it lies, the loader by a link.
        try write("/a.so.1", "version 1")
        try FileManager.default.createSymbolicLink(atPath: "\(scratch.path)/b-link.so", withDestinationPath: "/a.so.1")
        #expect(try opened(Self.module("/a.so"), [before, mapping(of: "/a.so.1")]) == ["version 1", nil])
        #expect(try opened(Self.module("/b-link.so"), [before, mapping(of: "/a.so.1")]) == ["version 1", nil])
    }

    @Test func `is none where another file has its name, or its place`() throws {
        try write("/a.so")
        try write("/b.so", "other")
        #expect(try opened(Self.module("/a.so"), [mapping(of: "/b.so", as: "/a.so")]) == [nil, nil])
        #expect(try opened(Self.module("/a.so"), [mapping(of: "/b.so")]) == [nil, nil])
        #expect(try opened(Self.module("/a.so"), [mapping(of: "/a.so", start: 0x2000)]) == [nil, nil])
        #expect(try opened(Self.module("/a.so"), []) == [nil, nil])
    }

    /// Who reads the file compares the build-id; without one nothing would tell.
    @Test func `may be the one of its path where the build-id can tell`() throws {
        try write("/a.so")
        try write("/b.so", "other")
        #expect(try opened(Self.module("/a.so", buildID: [1]), []) == [nil, "code"])
        #expect(try opened(Self.module("/a.so", buildID: [1]), [mapping(of: "/b.so")]) == ["other", "code"])
        #expect(try opened(Self.module("/a.so", buildID: [1]), [mapping(of: "/b.so", as: "/a.so")]) == [nil, "code"])
        #expect(try opened(Self.module("/gone.so", buildID: [1]), []) == [nil, nil])
    }

    @Test func `lies below the target's root, wherever links lead`() throws {
        try write("/a.so")
        let link = FileManager.default.createSymbolicLink(atPath:withDestinationPath:)
        try link("\(scratch.path)/link.so", "/a.so")
        try link("\(scratch.path)/up.so", "../../../../../../../../etc/passwd")
        try link("\(scratch.path)/magic.so", "/proc/self/exe")
        try link("\(scratch.path)/loop.so", "loop.so")
        #expect(try opened(Self.module("/link.so", buildID: [1]), []) == [nil, "code"])
        for name in ["/up.so", "/magic.so", "/loop.so", "/../../../etc/passwd", "a.so", ""] {
            #expect(try opened(Self.module(name, buildID: [1]), []) == [nil, nil], "\(name)")
        }
        // Maps has the names of files, not of links.
        #expect(try opened(Self.module("/link.so"), [mapping(of: "/a.so", as: "/link.so")]) == [nil, nil])
    }

    /// As after an upgrade: root may read what the process still has mapped.
    @Test(.enabled(if: User.effective == 0)) func `may have no name any more`() throws {
        let python = try PythonChild(
            """
            import mmap, os, sys
            with open(sys.argv[1], "rb") as file: mapped = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ)
            os.rename(sys.argv[2], sys.argv[1])
            print("done", flush=True)
            sys.stdin.read()
            """,
            arguments: ["\(scratch.path)/old.so", "\(scratch.path)/new.so"].map { path in
                try? "code".write(toFile: path, atomically: false, encoding: .utf8)
                return path
            })
        defer { python.end() }
        #expect(python.line() == "done")
        let process = try ProcessDirectory(pid: python.pid)
        let mappings = try process.maps()
        let mapping = try #require(mappings.first { $0.name.hasSuffix("/old.so (deleted)") })
        let files = ModuleFiles(
            root: try process.open("root", flags: directoryFlags), mappings: mappings,
            links: try process.open("map_files", flags: directoryFlags))
        let module = Self.module("\(scratch.path)/old.so", buildID: [1], start: mapping.range.start.rawValue)
        #expect(try text(files.openMapped(files.resolved(module))) == "code")
        #expect(files.resolved(module).path == module.path)
    }

    @Test func `is a regular file`() throws {
        #expect(unsafe mkfifo("\(scratch.path)/fifo.so", 0o600) == 0)
        _ = try scratch.directory("directory.so")
        for name in ["/fifo.so", "/directory.so"] {
            #expect(try opened(Self.module(name, buildID: [1]), [mapping(of: name)]) == [nil, nil])
            #expect(try opened(Self.module(name), [mapping(of: name)]) == [nil, nil])
        }
    }
}

@Suite struct `The perf map of a process` {
    let scratch = try! Scratch()

    func read(owner: UInt32 = User.effective) throws -> String {
        let root = try Descriptor.open(scratch.path, flags: O_DIRECTORY)
        return String(decoding: ModuleFiles(root: root, mappings: []).perfMap(pid: 7, owner: owner), as: UTF8.self)
    }

    @Test func `is its user's own file, and nothing else`() throws {
        let path = "\(try scratch.directory("tmp"))/perf-7.map"
        #expect(try read() == "")
        try "1 2 a".write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try read() == "1 2 a")
        #expect(try read(owner: User.effective + 1) == "")
        #expect(unsafe rename(path, path + "-real") == 0)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "perf-7.map-real")
        #expect(try read() == "")
        #expect(unsafe unlink(path) == 0)
        #expect(unsafe mkfifo(path, 0o600) == 0)
        #expect(try read() == "")
    }
}
