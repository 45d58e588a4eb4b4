import Foundation
import Testing

@testable import Symbols

/// A code object, as Python itself says it.
private struct Witness {
    var name: String
    var firstLine: Int
    var table: [UInt8]
    /// `co_lines()`: start, end (bytes), line.
    var lines: [(start: Int, end: Int, line: Int?)] = []
}

struct `The lines of Python code` {
    /// Compiles files of Python's own library, and sources made at random, and says every code object in them.
    private static let script = """
        import os, random, sys, types, warnings
        warnings.simplefilter("ignore")
        def say(code, name):
            lines = " ".join(f"{a}:{b}:{'-' if line is None else line}" for a, b, line in code.co_lines())
            print(f"{name}/{code.co_qualname}\\t{code.co_firstlineno}\\t{code.co_linetable.hex()}\\t{lines}")
            for constant in code.co_consts:
                if isinstance(constant, types.CodeType):
                    say(constant, name)
        chance = random.Random(int(sys.argv[1]))
        folder = os.path.dirname(os.__file__)
        names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
        for name in chance.sample(names, 60):
            with open(os.path.join(folder, name), "rb") as file:
                say(compile(file.read(), name, "exec"), name)
        for i in range(200):
            text = "def f(a):\\n"
            for j in range(chance.randrange(1, 30)):
                text += "\\n" * chance.choice([0, 0, 1, 5, 80, 5000])
                text += chance.choice([" a += 1\\n", " [x for x in\\n  a\\n  if x]\\n", " with a:\\n  a(\\n\\n\\n 1)\\n",
                    " try:\\n  a()\\n finally:\\n  a.b\\n", " async def g():\\n  await a\\n  yield 1\\n", " lambda: (a,\\n a)\\n"])
            say(compile(text, "made", "exec"), f"made{i}")
        """

    private static func witnesses(seed: Int) throws -> [Witness] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script, String(seed)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try text.split(separator: "\n").map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            let digits = Array(fields[2].utf8)
            let table = try stride(from: 0, to: digits.count, by: 2).map { at in
                try #require(UInt8(String(decoding: digits[at...(at + 1)], as: UTF8.self), radix: 16))
            }
            var witness = Witness(name: String(fields[0]), firstLine: try #require(Int(fields[1])), table: table)
            for span in fields[3].split(separator: " ") {
                let numbers = span.split(separator: ":")
                witness.lines.append((try #require(Int(numbers[0])), try #require(Int(numbers[1])), Int(numbers[2])))
            }
            return witness
        }
    }

    @Test(arguments: [1, 2])
    func `are those that Python says, for every instruction of thousands of code objects`(seed: Int) throws {
        let witnesses = try Self.witnesses(seed: seed)
        try #require(witnesses.count > 1500)
        var wrong: [String] = []
        for witness in witnesses {
            let lines = PythonLines(table: witness.table, firstLine: witness.firstLine)
            for (start, end, line) in witness.lines {
                for offset in stride(from: start, to: end, by: 2) where lines.line(at: offset) != line {
                    wrong.append("\(witness.name)+\(offset): \(lines.line(at: offset) ?? -1), not \(line ?? -1)")
                }
            }
            #expect(lines.line(at: witness.lines.last?.end ?? 0) == nil)
        }
        #expect(wrong.isEmpty, "\(wrong.count) wrong: \(wrong.prefix(5))")
    }

    @Test func `follow the format's own examples`() {
        // A delta of +100 is 200 as a varint: 0x48, 0x03 (Objects/locations.md); the unit length is 1.
        #expect(PythonLines(table: [0x80 | 13 << 3, 0x48, 0x03], firstLine: 7).line(at: 0) == 107)
        // -31 is 63: one byte.
        #expect(PythonLines(table: [0x80 | 13 << 3, 0x3f], firstLine: 40).line(at: 0) == 9)
        // A short form of 8 units, one line form +2, an entry without a line, which leaves the line as it was.
        let lines = PythonLines(table: [0x87, 0, 0x80 | 12 << 3, 1, 2, 0xf8, 0x80, 5], firstLine: 1)
        #expect([0, 14, 16, 18, 20, 22].map { lines.line(at: $0) } == [1, 1, 3, nil, 3, nil])
    }

    /// The beginning of a table, and how often it is repeated: entries of 100,000 bytes of code at the most.
    static let damages: [(table: [UInt8], times: Int)] = [
        ([], 1), ([0x00], 1), ([0x7f, 0x80], 1), ([0xe8], 1), ([0xe8, 0x40], 1), ([0xf0, 0x80], 1),
        ([0xe8, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f], 1), ([0xff], 5000), ([0x00], 5000), ([0xe7, 0x02], 100),
    ]

    @Test(arguments: damages)
    func `end where a table is damaged`(table: [UInt8], times: Int) {
        let whole = [[UInt8]](repeating: table, count: times).flatMap(\.self)
        let lines = PythonLines(table: whole, firstLine: .max)
        for offset in [Int.min, -1, 0, 1, 2, .max] { _ = lines.line(at: offset) }
        #expect(lines.line(at: 100_000) == nil)
    }

    @Test func `never trap, whatever the bytes`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let table = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let lines = PythonLines(table: table, firstLine: Int.random(in: Int.min...Int.max, using: &random))
            for offset in 0..<40 { _ = lines.line(at: offset) }
        }
    }
}
