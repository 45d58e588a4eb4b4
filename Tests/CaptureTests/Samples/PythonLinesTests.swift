import Foundation
import TestSupport
import Testing

@testable import Capture

@Suite struct `Lines of CPython's code` {
    struct CodeObject: Decodable {
        var first: Int
        var table: String
        /// Start, end and line of each range, as `co_lines()` says.
        var lines: [[Int?]]

        var bytes: [UInt8] { stride(from: 0, to: table.count, by: 2).map { byte(at: $0) } }

        private func byte(at place: Int) -> UInt8 {
            let start = table.index(table.startIndex, offsetBy: place)
            return UInt8(table[start..<table.index(start, offsetBy: 2)], radix: 16)!
        }
    }

    /// Every function, class and module of some files of the standard library.
    static let program = """
        import json, sys, inspect, argparse, tarfile, typing, decimal, os
        def codes(code):
            yield code
            for constant in code.co_consts:
                if hasattr(constant, "co_code"): yield from codes(constant)
        for module in (inspect, argparse, tarfile, typing, os):
            with open(module.__file__) as file: text = file.read()
            for code in codes(compile(text, "f", "exec")):
                print(json.dumps({"first": code.co_firstlineno, "table": code.co_linetable.hex(),
                                  "lines": list(code.co_lines())}))
        """

    @Test func `are those that the interpreter says`() throws {
        let python = try PythonChild(Self.program)
        defer { python.end() }
        var (codes, known, unknown) = (0, 0, 0)
        while let line = python.line() {
            let code = try JSONDecoder().decode(CodeObject.self, from: Data(line.utf8))
            let end = code.lines.last?[1] ?? 0
            let offsets = Array(stride(from: 0, to: end + 4, by: 2))
            let found = PythonLines.lines(at: offsets, table: code.bytes[...], first: code.first)
            for (offset, line) in zip(offsets, found) {
                let expected = code.lines.first { $0[0]! <= offset && offset < $0[1]! }?[2]
                // A module's own first instruction belongs to line 0, which is none.
                #expect(line == (expected == 0 ? nil : expected), "at \(offset)")
                if line == nil { unknown += 1 } else { known += 1 }
            }
            codes += 1
        }
        #expect(codes > 300 && known > 10_000 && unknown > 300, "the probe itself")
    }

    /// Whatever the table holds: no trap, no line of nowhere, as many answers as questions.
    @Test func `may come from any bytes`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let kinds: ClosedRange<UInt8> = Bool.random() ? 0x80...0xff : 0...0xff
            let table = (0..<Int.random(in: 0..<60)).map { _ in UInt8.random(in: kinds, using: &generator) }
            let first = [Int.max, Int.min, -1, 0, 1, 1000].randomElement()!
            let lines = PythonLines.lines(at: [0, 2, 2, 1 << 20, .max], table: table[...], first: first)
            #expect(lines.count == 5 && lines.allSatisfy { $0.map { $0 > 0 } ?? true } && lines[4] == nil)
        }
    }
}
