import Foundation
import MemoryModel
import System
import Testing

@testable import Symbols

/// Which file an address belongs to.
struct `Modules` {
    private func build(_ workshop: Workshop) throws {
        for name in ["one", "two"] {
            try workshop.write("int \(name)(int x) {\n    return x + 1;\n}\n", to: "\(name).c")
            try workshop.run("gcc", "-g", "-shared", "-fPIC", "-Wl,--build-id", "-o", name, "\(name).c")
        }
    }

    private func module(_ name: String, _ start: UInt64, _ workshop: Workshop) throws -> LoadedModule {
        LoadedModule(
            path: "/app/\(name)", buildID: try workshop.buildID(of: name), bias: ByteCount(Int(start)),
            range: AddressRange(start: Address(start), end: Address(start + 0x10000)))
    }

    @Test func `name their own addresses and no others`() throws {
        let workshop = try Workshop()
        try build(workshop)
        let modules = [try module("two", 0x7f00_0002_0000, workshop), try module("one", 0x7f00_0000_0000, workshop)]
        let one = Address(0x7f00_0000_0000 + (try workshop.symbols(of: "one")["one"]!))
        let two = Address(0x7f00_0002_0000 + (try workshop.symbols(of: "two")["two"]!))
        let nowhere = [0, 0x1000, 0x7f00_0001_0000, 0x7f00_0003_0000, .max].map { Address($0) }
        let frames = try workshop.symbolizer().frames(of: [two, one, one] + nowhere, in: modules, open: workshop.open)
        #expect(frames.count == 7)
        #expect(frames[one]?.map(\.function) == ["one"])
        #expect(frames[two]?.map(\.function) == ["two"])
        #expect(frames[two]?.first?.offset == two.rawValue - 0x7f00_0002_0000)
        for address in nowhere { #expect(frames[address] == [Frame(offset: address.rawValue)]) }
    }

    @Test func `are opened only where an address is wanted, and once`() throws {
        let workshop = try Workshop()
        try build(workshop)
        let modules = [try module("one", 0x10000, workshop), try module("two", 0x20000, workshop)]
        var opened: [String] = []
        _ = try workshop.symbolizer().frames(of: [Address(0x20010), Address(0x20020)], in: modules) { module in
            opened.append(module.path)
            return workshop.open(module)
        }
        #expect(opened == ["/app/two"])
    }

    @Test func `that were replaced on disk are named by offset alone`() throws {
        let workshop = try Workshop()
        try build(workshop)
        let address = try workshop.symbols(of: "one")["one"]!
        let right = try workshop.frames(of: [address], in: "one", buildID: try workshop.buildID(of: "one"))
        #expect(right[address]?.first?.function == "one")
        let wrong = try workshop.frames(of: [address], in: "one", buildID: try workshop.buildID(of: "two"))
        #expect(wrong[address] == [Frame(module: "/app/one", offset: address)])
    }

    @Test func `that are gone are named by offset alone`() throws {
        let workshop = try Workshop()
        let frames = try workshop.frames(of: [0x40], in: "gone", bias: 0x10000)
        #expect(frames == [0x40: [Frame(module: "/app/gone", offset: 0x40)]])
    }

    /// The code behind the last call of a function that does not return belongs to the next function.
    @Test func `name a call that does not return by the address before`() throws {
        let workshop = try Workshop()
        try workshop.write(
            """
            __attribute__((noreturn, noinline)) void leave(void) { for (;;) __asm__ volatile(""); }
            void caller(void) { leave(); }
            int next(void) { return 1; }
            """, to: "leave.c")
        try workshop.run("gcc", "-g", "-O1", "-fno-reorder-functions", "-falign-functions=1", "-c", "leave.c")
        try workshop.run("gcc", "-shared", "-o", "leave", "leave.o")
        let symbols = try workshop.symbols(of: "leave")
        let returning = Address(try #require(symbols["next"]))
        let call = Symbolizer.callAddress(returning: returning)
        let frames = try workshop.frames(of: [returning.rawValue, call.rawValue], in: "leave")
        #expect(frames[returning.rawValue]?.first?.function == "next")
        #expect(frames[call.rawValue]?.first?.function == "caller")
        #expect(frames[call.rawValue]?.first?.line == 2)
        #expect(Symbolizer.callAddress(returning: Address(0)) == Address(0))
    }

    /// The paths of .dwo files come from the module: they are never opened, so what is inlined stays unknown.
    @Test(arguments: ["-gdwarf-4", "-gdwarf-5"]) func `with split debug information keep functions and lines`(
        version: String
    ) throws {
        let workshop = try Workshop()
        try workshop.write("int one(int x) {\n    return x + 1;\n}\n", to: "one.c")
        try workshop.run("gcc", version, "-gsplit-dwarf", "-shared", "-fPIC", "-o", "one", "one.c")
        let address = try workshop.symbols(of: "one")["one"]!
        let frame = try #require(try workshop.frames(of: [address], in: "one")[address]?.first)
        #expect(frame.function == "one")
        #expect(frame.line == 1)
    }
}
