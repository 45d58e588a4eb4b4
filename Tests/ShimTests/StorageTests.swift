import Foundation
import Segment
import System
import Testing

/// Where there is no room, no directory, or something left behind.
struct `The segment's file` {
    /// From no room for a header to room for some leaves. The process ends in order each time.
    @Test(.enabled(if: User.effective == 0, "a file system of its own needs root"), arguments: [4, 12, 40, 200, 1000])
    func `may fill its file system`(kibibytes: Int) throws {
        let scratch = try Scratch()
        let scenario = try Scenario("full", directory: scratch.path, [kibibytes])
        _ = try scenario.ready()
        if scenario.said.first?.hasPrefix("not permitted") == true { return }
        if try segmentMapping(of: scenario.pid) != nil {
            let read = try books(of: scenario.pid)
            #expect(read.degraded.contains("storage-full") && read.degraded.contains("books-stopped"))
            // What was booked before stands.
            #expect(read.liveBlocks > 0 || kibibytes < 200)
        } else {
            #expect(kibibytes < 40)
        }
        #expect(scenario.said == [])
        #expect(try scenario.end() == 0)
    }

    /// RLIMIT_FSIZE is 1, RLIMIT_AS 9 (asm-generic/resource.h).
    @Test(arguments: [
        (1, 0, "off"), (1, 1 << 20, "off"), (1, 5 << 20, "on"), (9, 128 << 20, "off"), (9, 1 << 30, "on"),
    ])
    func `stays within the process's limits`(resource: Int, bytes: Int, books: String) throws {
        let scratch = try Scratch()
        let scenario = try Scenario("limited", directory: scratch.path, [resource, bytes])
        _ = try scenario.ready()
        #expect(scenario.said == [books])
        if books == "off" { #expect(try virtualBytes(of: scenario.pid) < 16 << 20) }
        if books == "on", resource == 9 { #expect(try virtualBytes(of: scenario.pid) < 128 << 20) }
        #expect(try scenario.end() == 0)
        #expect(try scratch.names() == [])
    }

    /// First number of statm: pages of address space (proc_pid_statm(5)).
    private func virtualBytes(of pid: Int32) throws -> Int {
        let text = String(decoding: try Descriptor.open("/proc/\(pid)/statm").readAll(), as: UTF8.self)
        return try #require(text.split(separator: " ").first.flatMap { Int($0) }) * 4096
    }

    @Test(arguments: ["/nowhere/at/all", "/dev/null", "/proc", ""])
    func `may have no place to be`(directory: String) throws {
        let scenario = try Scenario("holding", directory: directory)
        _ = try scenario.ready()
        #expect(try segmentMapping(of: scenario.pid) == nil)
        #expect(scenario.said == ["errno kept", "errno kept"])
        #expect(try scenario.end() == 0)
    }

    @Test func `is the owner's alone, and gone after a clean end`() throws {
        let scratch = try Scratch()
        let scenario = try Scenario("holding", directory: scratch.path)
        let model = try #require(try scenario.ready().first)
        expect(try books(of: scenario.pid), hold: model)
        let name = try #require(try scratch.names().first)
        #expect(name.hasPrefix("silt-\(scenario.pid)-"))
        let status = try Descriptor.open("\(scratch.path)/\(name)").status()
        #expect(status.mode & 0o7777 == 0o600)
        #expect(scenario.said == ["errno kept", "errno kept"])
        #expect(try scenario.end() == 0)
        #expect(try scratch.names() == [])
    }

    @Test func `is swept once its process was killed, and only then`() throws {
        let scratch = try Scratch()
        let strangers = ["silt-12-notes.txt", "silt-notes.json", "silt-7-", "silt-", "silt-12-ab"]
        for name in strangers { try scratch.create(name, "not a segment") }
        let dead = try Scenario("holding", directory: scratch.path)
        let living = try Scenario("holding", directory: scratch.path)
        _ = try (dead.ready(), living.ready())
        #expect(try scratch.names().count == strangers.count + 2)
        dead.kill()
        #expect(try scratch.names().count == strangers.count + 2)
        let next = try Scenario("holding", directory: scratch.path)
        _ = try next.ready()
        let names = try scratch.names()
        #expect(!names.contains { $0.hasPrefix("silt-\(dead.pid)-") })
        #expect(names.contains { $0.hasPrefix("silt-\(living.pid)-") })
        #expect(names.contains { $0.hasPrefix("silt-\(next.pid)-") })
        #expect(Set(strangers).isSubset(of: names))
        #expect(try living.end() == 0 && next.end() == 0)
        #expect(try scratch.names() == strangers.sorted())
    }
}
