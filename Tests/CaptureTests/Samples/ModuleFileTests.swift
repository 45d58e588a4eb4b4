import Foundation
import MemoryModel
import System
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

    func opened(_ module: SegmentSamples.Module, _ mappings: [Mapping]) throws -> String? {
        let files = ModuleFiles(root: try Descriptor.open(scratch.path, flags: O_DIRECTORY), mappings: mappings)
        guard let file = files.open(module) else { return nil }
        return String(decoding: try file.readAll(), as: UTF8.self)
    }

    @Test func `is the one that is mapped`() throws {
        try write("/a.so")
        try write("/b.so", "other")
        let before = try mapping(of: "/b.so", start: 0)
        #expect(try opened(Self.module("/a.so"), [before, mapping(of: "/a.so")]) == "code")
        // The process names it by a link, the kernel by where it lies.
        try write("/real", "other")
        #expect(try opened(Self.module("/x/a.so"), [before, mapping(of: "/a.so")]) == "code")
    }

    @Test func `is none where another file has its name, or its place`() throws {
        try write("/a.so")
        try write("/b.so", "other")
        #expect(try opened(Self.module("/a.so"), [mapping(of: "/b.so", as: "/a.so")]) == nil)
        #expect(try opened(Self.module("/a.so"), [mapping(of: "/b.so")]) == nil)
        #expect(try opened(Self.module("/a.so"), [mapping(of: "/a.so", start: 0x2000)]) == nil)
        #expect(try opened(Self.module("/a.so"), []) == nil)
    }

    /// Who reads the file compares the build-id; without one nothing would tell.
    @Test func `is the one of its path where the build-id can tell`() throws {
        try write("/a.so")
        try write("/b.so", "other")
        #expect(try opened(Self.module("/a.so", buildID: [1]), []) == "code")
        #expect(try opened(Self.module("/a.so", buildID: [1]), [mapping(of: "/b.so")]) == "code")
        #expect(try opened(Self.module("/a.so", buildID: [1]), [mapping(of: "/b.so", as: "/a.so")]) == "code")
        #expect(try opened(Self.module("/gone.so", buildID: [1]), []) == nil)
    }

    @Test func `lies below the target's root, wherever links lead`() throws {
        try write("/a.so")
        let link = FileManager.default.createSymbolicLink(atPath:withDestinationPath:)
        try link("\(scratch.path)/link.so", "/a.so")
        try link("\(scratch.path)/up.so", "../../../../../../../../etc/passwd")
        try link("\(scratch.path)/magic.so", "/proc/self/exe")
        try link("\(scratch.path)/loop.so", "loop.so")
        // A link of its own leads to its own file.
        #expect(try opened(Self.module("/link.so", buildID: [1]), []) == "code")
        for name in ["/up.so", "/magic.so", "/loop.so", "/../../../etc/passwd", "a.so", ""] {
            #expect(try opened(Self.module(name, buildID: [1]), []) == nil, "\(name)")
        }
        // What is mapped is named by its own path: no link is followed there.
        #expect(try opened(Self.module("/link.so"), [mapping(of: "/a.so", as: "/link.so")]) == nil)
    }

    /// A FIFO without a writer would wait for ever; a device may do anything.
    @Test func `is a regular file`() throws {
        #expect(unsafe mkfifo("\(scratch.path)/fifo.so", 0o600) == 0)
        _ = try scratch.directory("directory.so")
        for name in ["/fifo.so", "/directory.so"] {
            #expect(try opened(Self.module(name, buildID: [1]), []) == nil)
            #expect(try opened(Self.module(name), [mapping(of: name)]) == nil)
        }
    }
}

@Suite struct `The perf map of a process` {
    let scratch = try! Scratch()

    func read(owner: UInt32 = User.effective) throws -> String {
        let root = try Descriptor.open(scratch.path, flags: O_DIRECTORY)
        return String(decoding: perfMap(root: root, pid: 7, owner: owner), as: UTF8.self)
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
