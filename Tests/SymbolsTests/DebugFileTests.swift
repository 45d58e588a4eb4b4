import Foundation
import MemoryModel
import System
import Testing

@testable import Symbols

/// Programs whose debug information was taken away, partly or whole.
struct `Separate debug files` {
    static let source = """
        volatile int sink;
        __attribute__((visibility("default"), noinline)) int seen(int x) { sink = x; return x; }
        static __attribute__((noinline, used)) int hidden(int x) { sink = x; return x + 1; }
        int main(int argc, char **argv) { (void)argv; return seen(hidden(argc)); }
        """
    /// A shared library, and where its two functions are.
    private func make(_ workshop: Workshop, _ options: String = "") throws -> (seen: UInt64, hidden: UInt64) {
        try workshop.write(Self.source, to: "shop.c")
        try workshop.run("sh", "-c", "gcc -g -O1 -shared -fPIC -Wl,--build-id \(options) -o shop shop.c")
        let symbols = try workshop.symbols(of: "shop")
        return (try #require(symbols["seen"]), try #require(symbols["hidden"]))
    }

    private func told(_ frames: [Frame]?) -> String {
        let frame = frames?.first
        return "\(frame.map { $0.function.isEmpty ? "-" : $0.function } ?? "-") \(frame?.line ?? 0)"
    }

    /// Places of a debug file, and whether it is found by its build-id or by its name and checksum.
    static let places = [
        ("/app/shop.debug", true), ("/app/.debug/shop.debug", true), ("/usr/lib/debug/app/shop.debug", true),
        ("/app/shop.debug", false), ("/app/.debug/shop.debug", false), ("/usr/lib/debug/app/shop.debug", false),
    ]

    private func split(_ workshop: Workshop) throws {
        try workshop.run("objcopy", "--only-keep-debug", "shop", "shop.debug")
        try workshop.run("strip", "--strip-all", "shop")
        try workshop.run("objcopy", "--add-gnu-debuglink=shop.debug", "shop")
    }

    @Test(arguments: places) func `are found by their link`(place: String, hasBuildID: Bool) throws {
        let workshop = try Workshop()
        let address = try make(workshop, hasBuildID ? "" : "-Wl,--build-id=none")
        try split(workshop)
        try workshop.run("cp", "shop.debug", "kept")
        if place != "/app/shop.debug" { try workshop.move("shop.debug", to: place) }
        let wanted = [address.seen, address.hidden]
        var frames = try workshop.frames(of: wanted, in: "shop")
        #expect(wanted.map { told(frames[$0]) } == ["seen 2", "hidden 3"])

        // Another program's debug file under the same name.
        try workshop.write("int other() { return 1; }", to: "other.c")
        try workshop.run("gcc", "-g", "-shared", "-fPIC", "-o", workshop.path(place), "other.c")
        frames = try workshop.frames(of: wanted, in: "shop")
        #expect(wanted.map { told(frames[$0]) } == ["seen 0", "- 0"])
    }

    @Test func `are found by their build-id`() throws {
        let workshop = try Workshop()
        let address = try make(workshop)
        let digits = try #require(try workshop.buildID(of: "shop")).hexadecimal
        try workshop.run("objcopy", "--only-keep-debug", "shop", "shop.debug")
        try workshop.run("strip", "--strip-all", "shop")
        let before = try workshop.frames(of: [address.hidden], in: "shop")
        #expect(told(before[address.hidden]) == "- 0")
        try workshop.move("shop.debug", to: "/usr/lib/debug/.build-id/\(digits.prefix(2))/\(digits.dropFirst(2)).debug")
        let after = try workshop.frames(of: [address.hidden], in: "shop")
        #expect(told(after[address.hidden]) == "hidden 3")
    }

    @Test func `are looked for below the target's root, through no link`() throws {
        let workshop = try Workshop()
        let address = try make(workshop)
        try split(workshop)
        try workshop.move("shop.debug", to: "/elsewhere/shop.debug")
        try workshop.run("ln", "-s", workshop.path("/elsewhere/shop.debug"), "shop.debug")
        let frames = try workshop.frames(of: [address.hidden], in: "shop")
        #expect(told(frames[address.hidden]) == "- 0")
    }

    @Test func `that are no regular files do not make anybody wait`() throws {
        let workshop = try Workshop()
        let address = try make(workshop)
        try split(workshop)
        try workshop.run("sh", "-c", "rm shop.debug; mkfifo shop.debug")
        let frames = try workshop.frames(of: [address.seen], in: "shop")
        #expect(told(frames[address.seen]) == "seen 0")
    }

    /// What Fedora's rpmbuild does (scripts/find-debuginfo of debugedit): the symbols that .dynsym has not, in xz.
    @Test func `are not needed where the symbols are packed inside`() throws {
        let workshop = try Workshop()
        let address = try make(workshop)
        try workshop.run("objcopy", "--strip-debug", "shop", "mini")
        try workshop.run("xz", "--keep", "mini")
        try workshop.run("strip", "--strip-all", "shop")
        try workshop.run("objcopy", "--add-section", ".gnu_debugdata=mini.xz", "shop")
        let frames = try workshop.frames(of: [address.seen, address.hidden], in: "shop")
        #expect(told(frames[address.hidden]) == "hidden 0")
        #expect(told(frames[address.seen]) == "seen 0")
    }

    @Test func `are not needed for exported symbols`() throws {
        let workshop = try Workshop()
        let address = try make(workshop)
        try workshop.run("strip", "--strip-all", "shop")
        let frames = try workshop.frames(of: [address.seen, address.hidden], in: "shop")
        #expect(frames[address.seen] == [Frame(function: "seen", module: "/app/shop", offset: address.seen)])
        // Never the nearest name: it would be another function's.
        #expect(frames[address.hidden] == [Frame(module: "/app/shop", offset: address.hidden)])
    }

    /// Two files with the same types, and what they have in common in a third.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/dwz")))
    func `share a file of dwz`() throws {
        let workshop = try Workshop()
        let address = try make(workshop)
        try workshop.run("cp", "shop", "shop2")
        try workshop.run("dwz", "-m", "shared", "-M", "/usr/lib/debug/.dwz/shared", "shop", "shop2")
        try workshop.move("shared", to: "/usr/lib/debug/.dwz/shared")
        let frames = try workshop.frames(of: [address.hidden], in: "shop")
        #expect(told(frames[address.hidden]) == "hidden 3")
        try workshop.run("rm", workshop.path("/usr/lib/debug/.dwz/shared"))
        let without = try workshop.frames(of: [address.hidden], in: "shop")
        #expect(told(without[address.hidden]) == "hidden 3", "the symbol and the line do not need it")
    }
}
