import Foundation
import MemoryModel
import System
import Testing

@testable import Symbols

/// A generator whose numbers are the same on every machine (SplitMix64).
struct Randomness: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

/// Whoever runs the target owns its files.
struct `Hostile files` {
    /// Rounds for each program; `SILT_FUZZ_ROUNDS` for a longer run by hand, `SILT_FUZZ_SEED` for another one.
    static let rounds = Int(ProcessInfo.processInfo.environment["SILT_FUZZ_ROUNDS"] ?? "") ?? 150
    static let seed = UInt64(ProcessInfo.processInfo.environment["SILT_FUZZ_SEED"] ?? "") ?? 1

    static let builds = [
        "-O2 -gdwarf-5", "-O2 -gdwarf-4 -fdebug-types-section", "-O1 -gdwarf-5 -gz=zlib", "-O2 -gdwarf-4 -gz=zlib-gnu",
        "-O2 -gdwarf-3 -gstrict-dwarf", "-O2 -gdwarf-5 -gsplit-dwarf", "-O2 -s",
    ]

    private func check(_ frames: [UInt64: [Frame]], _ wanted: [UInt64], _ limits: SymbolLimits) {
        #expect(Set(frames.keys) == Set(wanted))
        for found in frames.values {
            #expect(!found.isEmpty && found.count <= limits.inlined + 2)
            for frame in found {
                #expect(frame.function.utf8.count <= 3 * limits.nameBytes + 3)
                #expect(frame.file.utf8.count <= 3 * limits.nameBytes + 3)
            }
        }
    }

    /// Up to eight bytes of anything, most of them in the tables.
    @Test(arguments: builds) func `do not crash the reader`(flags: String) throws {
        let workshop = try Workshop()
        try workshop.write(`Symbolizing a program`.source, to: "shop.cc")
        try workshop.run("sh", "-c", "g++ \(flags) -o shop shop.cc")
        let whole = try Data(contentsOf: workshop.app.appending(path: "shop"))
        let wanted: [UInt64] = stride(from: 0x1000, to: 0x1800, by: 7).map { $0 } + [0, .max >> 8]
        var random = Randomness(seed: Self.seed)
        let limits = SymbolLimits()
        for _ in 0..<Self.rounds {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                // Headers are at both ends; in between are code and tables.
                let place =
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: Int.random(in: 0..<min(1024, whole.count), using: &random)
                    case 1: whole.count - 1 - Int.random(in: 0..<min(4096, whole.count), using: &random)
                    default: Int.random(in: whole.count / 3..<whole.count, using: &random)
                    }
                damaged[place] = [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)]
                    .randomElement(using: &random)!
            }
            if Int.random(in: 0..<8, using: &random) == 0 {
                damaged = damaged.prefix(Int.random(in: 0...whole.count, using: &random))
            }
            try damaged.write(to: workshop.app.appending(path: "damaged"))
            check(try workshop.frames(of: wanted, in: "damaged"), wanted, limits)
        }
    }

    @Test func `of nothing or of something else are no modules`() throws {
        let workshop = try Workshop()
        for text in ["", "\u{7f}ELF", "#!/bin/sh\n", String(repeating: "\u{7f}ELF", count: 1000), "!<arch>\n"] {
            try workshop.write(text, to: "strange")
            #expect(
                try workshop.frames(of: [0x40], in: "strange") == [
                    0x40: [Frame(module: "/app/strange", offset: 0x40)]
                ])
        }
        try workshop.run("mkdir", "folder")
        #expect(try workshop.frames(of: [0x40], in: "folder")[0x40]?.first?.function == "")
    }

    @Test func `larger than the limits are read for their symbols`() throws {
        let workshop = try Workshop()
        try workshop.write("int shop(void) { return 1; }", to: "shop.c")
        // The compressed size is below the limit, the whole one is not.
        try workshop.write((0..<3000).map { "struct S\($0) { int a; };" }.joined(), to: "more.c")
        try workshop.run(
            "gcc", "-g", "-gz=zlib", "-fno-eliminate-unused-debug-types", "-shared", "-fPIC", "-o", "shop", "shop.c",
            "more.c")
        let address = try workshop.symbols(of: "shop")["shop"]!
        #expect(try workshop.frames(of: [address], in: "shop")[address]?.first?.line == 1)
        var limits = SymbolLimits()
        limits.sectionBytes = UInt64(try Data(contentsOf: workshop.app.appending(path: "shop")).count)
        let frame = try workshop.frames(of: [address], in: "shop", limits: limits)[address]?.first
        #expect(frame == Frame(function: "shop", module: "/app/shop", offset: address))
    }

    @Test func `may name functions as they like`() throws {
        let workshop = try Workshop()
        let long = String(repeating: "x", count: 100_000)
        try workshop.write(
            """
            .type redEEEE, @function
            redEEEE: nop
            .size redEEEE, 1
            .type twoNlines, @function
            twoNlines: nop
            .size twoNlines, 1
            .type \(long), @function
            \(long): nop
            .size \(long), 1
            """, to: "names.s")
        try workshop.run("gcc", "-shared", "-nostdlib", "-o", "names", "names.s")
        // No assembler makes such names.
        try workshop.run("sed", "-i", "s/redEEEE/red\u{1b}[1m/; s/twoNlines/two\\nlines/", "names")
        let first = try #require(try workshop.symbols(of: "names").values.filter { $0 >= 0x1000 }.min())
        let frames = try workshop.frames(of: [first, first + 1, first + 2], in: "names")
        #expect(frames[first]?.first?.function == "red\u{1b}[1m")
        #expect(frames[first + 1]?.first?.function == "two\nlines")
        #expect(frames[first + 2]?.first?.function == String(repeating: "x", count: 4096) + "…")
    }

    /// Functions that are copies of one another in a circle, and one of itself.
    @Test func `may refer to one another in circles`() throws {
        let workshop = try Workshop()
        try workshop.write(
            """
            .text
            code: .skip 64, 0x90
            .section .debug_abbrev
            .uleb128 1; .uleb128 0x11; .byte 1   # a unit with children, low_pc, high_pc
            .uleb128 0x11; .uleb128 1; .uleb128 0x12; .uleb128 6; .byte 0, 0
            .uleb128 2; .uleb128 0x2e; .byte 0   # a function, low_pc, high_pc, abstract_origin
            .uleb128 0x11; .uleb128 1; .uleb128 0x12; .uleb128 6; .uleb128 0x31; .uleb128 0x13; .byte 0, 0
            .byte 0
            .section .debug_info
            unit: .4byte end - version
            version: .2byte 4; .4byte 0; .byte 8
            .uleb128 1; .8byte code; .4byte 64
            one: .uleb128 2; .8byte code; .4byte 16; .4byte one - unit
            two: .uleb128 2; .8byte code + 16; .4byte 16; .4byte three - unit
            three: .uleb128 2; .8byte code + 32; .4byte 16; .4byte two - unit
            .byte 0
            end:
            """, to: "circle.s")
        try workshop.run("gcc", "-nostdlib", "-static", "-no-pie", "-Wl,-e,code", "-o", "circle", "circle.s")
        let code = try #require(try workshop.symbols(of: "circle")["code"])
        let frames = try workshop.frames(of: [code, code + 20, code + 40, code + 60], in: "circle")
        #expect(frames.count == 4)
        // Of the symbol table: the circles have no name.
        #expect(frames.values.allSatisfy { $0.count == 1 })
    }
}
