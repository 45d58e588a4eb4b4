import MemoryModel
import Testing

@testable import Capture

@Suite struct `The names of a perf map` {
    static func names(_ text: String, _ addresses: UInt64...) -> [String?] {
        let found = PerfMap.names(of: addresses.map { Address($0) }, in: Array(text.utf8))
        return addresses.map { found[Address($0)] }
    }

    @Test func `are those of the ranges that hold an address`() {
        let text = "1000 10 one\n0x1010 20 two with blanks\n2000 0 nothing\n"
        #expect(
            Self.names(text, 0xfff, 0x1000, 0x100f, 0x1010, 0x102f, 0x1030, 0x2000)
                == [nil, "one", "one", "two with blanks", "two with blanks", nil, nil])
    }

    @Test func `are the latest where code was written twice`() {
        #expect(Self.names("1000 100 old\n1010 10 new\n", 0x1000, 0x1010, 0x1020) == ["old", "new", "old"])
        #expect(Self.names("1000 100 cut", 0x1000) == ["cut"])
    }

    @Test(arguments: [
        "", "\n\n\n", "1000", "1000 ", "1000 10", "1000 10 ", "x 10 a", "1000 y a", "-1000 10 a",
        "10000000000000000000 1 a",
        "1000 fffffffffffffffff a", " 1000 10 a",
    ]) func `may not be there`(text: String) { #expect(Self.names(text, 0x1000) == [nil]) }

    @Test func `may reach around the end of all addresses`() {
        #expect(Self.names("ffffffffffffffff ffffffffffffffff a\n1000 ffffffffffffffff b\n", 0, .max) == [nil, "b"])
        #expect(Self.names("1000 ffffffffffffffff b\nffffffffffffffff ffffffffffffffff a\n", 0, .max) == [nil, "a"])
    }

    @Test func `agree with a look at each line`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let entries = (0..<Int.random(in: 0..<30)).map { index in
                (
                    start: UInt64.random(in: 0..<200, using: &generator), size: UInt64.random(in: 0..<60),
                    name: "n\(index)"
                )
            }
            let text = entries.map { "\(String($0.start, radix: 16)) \(String($0.size, radix: 16)) \($0.name)" }
            let addresses = (0..<40).map { _ in Address(.random(in: 0..<260)) }
            let found = PerfMap.names(of: addresses, in: Array(text.joined(separator: "\n").utf8))
            for address in addresses {
                let holder = entries.last { $0.start <= address.rawValue && address.rawValue < $0.start + $0.size }
                #expect(found[address] == holder?.name)
            }
        }
    }

    /// Every line claims every address.
    @Test func `cost no more than the map has lines, and addresses are asked for`() {
        let text = String(repeating: "1 ffffffffffffffff a\n", count: 200_000)
        let addresses = (1...200_000).map { Address(UInt64($0)) }
        #expect(PerfMap.names(of: addresses, in: Array(text.utf8)).count == 200_000)
    }

    @Test func `are Python's where CPython wrote them`() {
        func frame(_ name: String) -> Frame { PerfMap.frame(named: name, at: Address(0x10)) }
        #expect(frame("py::C.f:/a b.py") == Frame(function: "C.f", file: "/a b.py", language: .python))
        #expect(frame("py::odd") == Frame(function: "odd", language: .python))
        #expect(frame("LazyCompile:*f /a.js:1") == Frame(function: "LazyCompile:*f /a.js:1", offset: 0x10))
    }
}
