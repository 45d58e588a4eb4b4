import MemoryModel
import Testing

@testable import ProcFS

/// Entries of pagemap, a letter each.
private func entries(_ pages: String) -> [UInt64] {
    pages.map { page in
        switch page {
        case "f": 1 << 63 | 1 << 61
        case "F": 1 << 63 | 1 << 61 | 1 << 56
        case "a": 1 << 63 | 1 << 56
        case "?": 1 << 63
        case "s": 1 << 62 | 0x1234
        case "g": 1 << 62 | 1 << 58
        default: 1 << 55
        }
    }
}

/// The runs as text, a letter for each page from the first on.
private func text(_ runs: [ResidencyRun], pages: Int) -> String {
    var letters = [Character](repeating: ".", count: pages)
    for run in runs {
        let letter: Character =
            switch run.state {
            case .anonymous: "a"
            case .file: "f"
            case .swapped: "s"
            }
        for page in run.range.start.granule.index - 16..<run.range.end.granule.index - 16 {
            letters[Int(page)] = letter
        }
    }
    return String(letters)
}

struct `Pages of a mapping` {
    @Test(arguments: [
        ("", 0, ""), ("...", 0, "..."), ("aafF.sa", 5, "aaff.sa"), ("sgs", 0, "s.s"),
        // Every candidate is resident, or none, or some.
        ("a??a", 4, "aaaa"), ("a??a", 2, "a..a"), ("?a??", 2, "aa.."), ("?a??", 3, "aaa."),
        // More or less in Rss than can be: the process ran on between the two readings.
        ("aa?", 9, "aaa"), ("aa?", 0, "aa."),
    ])
    func `without its zero pages sum to Rss`(pages: String, rss: Int, expected: String) {
        check(pages, inode: 7, rss: rss, expected)
    }

    /// The huge zero page says that it is a file's; so do the kernel's own pages, which are resident.
    @Test(arguments: [
        ("aff?", 2, "a..a"), ("aff?", 1, "a..."), ("aff?", 4, "affa"), ("ff", 2, "ff"), ("?ffa", 3, "af.a"),
    ])
    func `of no file may be the huge zero page`(pages: String, rss: Int, expected: String) {
        check(pages, inode: 0, rss: rss, expected)
    }

    @Test(arguments: [
        ("", [], ""), ("a.as", [], "a.as"), ("a.fs", [0x12], "a..s"), ("a??a?", [0x11, 0x12, 0x14], "a.aa."),
        ("?fF.", [0x10, 0x11, 0x12], ".f.."),
    ])
    func `that are in doubt are asked for`(pages: String, doubtful: [UInt64], expected: String) {
        let range = AddressRange(start: Address(0x10000), end: Address(0x100000))
        var reading = MappingPages(Mapping(range: range, permissions: .read, inode: 0))
        reading.append(entries(pages))
        #expect(reading.doubtful(pageSize: 4096, atMost: 9).map { $0 >> 12 } == doubtful)
        #expect(reading.doubtful(pageSize: 4096, atMost: 1).map { $0 >> 12 } == Array(doubtful.prefix(1)))
        // Every other page of them is not in Rss, the first not; the answers of another mapping follow.
        var answers = (doubtful.indices.map { $0 % 2 == 0 } + [true])[...]
        reading.settle(&answers)
        #expect(answers == [true])
        #expect(text(reading.runs(residentPages: nil, pageSize: 4096), pages: pages.count) == expected)
    }

    private func check(_ pages: String, inode: UInt64, rss: Int, _ expected: String) {
        let range = AddressRange(start: Address(0x10000), end: Address(0x100000))
        var reading = MappingPages(Mapping(range: range, permissions: .read, inode: inode))
        // In two parts, as of two readings.
        reading.append(Array(entries(pages).prefix(2)))
        reading.append(Array(entries(pages).dropFirst(2)))
        let runs = reading.runs(residentPages: rss, pageSize: 4096)
        #expect(text(runs, pages: pages.count) == expected)
        #expect(zip(runs, runs.dropFirst()).allSatisfy { $0.range.end < $1.range.start || $0.state != $1.state })
    }
}

struct `Clipping to mappings` {
    private func range(_ start: UInt64, _ end: UInt64) -> AddressRange {
        AddressRange(start: Address(start), end: Address(end))
    }

    private func mappings(_ ranges: AddressRange...) -> [Mapping] { ranges.map { Mapping(range: $0, permissions: []) } }

    @Test func `splits at the ends, and drops what is outside`() {
        let runs = [range(0, 3), range(4, 12), range(13, 14), range(20, 30)].map {
            ResidencyRun(range: $0, state: .file)
        }
        let clipped = clip(runs, to: mappings(range(2, 6), range(6, 8), range(10, 11), range(14, 20), range(29, 40)))
        #expect(clipped.map(\.range) == [range(2, 3), range(4, 6), range(6, 8), range(10, 11), range(29, 30)])
    }

    @Test func `is nothing without mappings or runs`() {
        #expect(clip([ResidencyRun(range: range(1, 2), state: .file)], to: []).isEmpty)
        #expect(clip([], to: mappings(range(1, 2))).isEmpty)
    }
}
