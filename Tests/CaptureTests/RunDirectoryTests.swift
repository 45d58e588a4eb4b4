import Capture
import Foundation
import System
import Testing

struct `A directory of a run` {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func `is for this user only, and goes with its owner`() throws {
        func use() throws -> String {
            let directory = try RunDirectory(in: scratch.path)
            let status = try Descriptor.open(directory.path).status()
            #expect(status.mode & 0o7777 == 0o700)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["leaving"])
            // A process's segment that was left there.
            try Data([1]).write(to: URL(fileURLWithPath: "\(directory.path)/silt-1-2"))
            return directory.path
        }
        let path = try use()
        #expect(path.hasPrefix(scratch.path + "/silt-run-"))
        #expect(try scratch.names(".") == [])
    }

    @Test func `sweeps what a killed run left, and nothing else`() throws {
        for name in ["silt-run-killed", "silt-run-killed2", "silt-other", "else"] {
            try Data([1]).write(to: URL(fileURLWithPath: "\(try scratch.directory(name))/silt-1-2"))
        }
        for name in ["silt-run-foreig", "silt-run-folder"] {
            let path = try scratch.directory(name)
            try Data([1]).write(to: URL(fileURLWithPath: "\(path)/precious"))
            try Data([1]).write(to: URL(fileURLWithPath: "\(path)/silt-1-2"))
        }
        let living = try RunDirectory(in: scratch.path)
        let name = try #require(living.path.split(separator: "/").last.map(String.init))
        let other = try RunDirectory(in: scratch.path)
        let otherName = try #require(other.path.split(separator: "/").last.map(String.init))
        let kept = ["else", "silt-other", "silt-run-foreig", "silt-run-folder", "silt-run-killed2"]
        #expect(try scratch.names(".") == (kept + [name, otherName]).sorted())
        #expect(try scratch.names("silt-run-foreig") == ["precious", "silt-1-2"])
        _ = consume living
        _ = consume other
    }

    @Test func `whose socket would have too long a path is refused`() throws {
        // 24 bytes for /silt-run-XXXXXX/leaving, one for the slash after the scratch directory.
        let long = try scratch.directory(String(repeating: "x", count: 107 - scratch.path.utf8.count - 25))
        #expect(throws: Never.self) { _ = try RunDirectory(in: long) }
        let longer = try scratch.directory(String(repeating: "x", count: 107 - scratch.path.utf8.count - 24))
        let error = #expect(throws: SystemError.self) { _ = try RunDirectory(in: longer) }
        #expect(error?.errno == ENAMETOOLONG)
        #expect(throws: SystemError.self) { _ = try RunDirectory(in: scratch.path + "/nowhere") }
    }
}
