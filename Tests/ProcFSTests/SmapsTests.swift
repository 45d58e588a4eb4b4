import MemoryModel
import ProcFS
import Testing

private let fields = """
    Size:               1024 kB
    KernelPageSize:        4 kB
    MMUPageSize:           4 kB
    Rss:                 100 kB
    Pss:                  51 kB
    Pss_Dirty:            50 kB
    Shared_Clean:          1 kB
    Shared_Dirty:          2 kB
    Private_Clean:         3 kB
    Private_Dirty:        94 kB
    Referenced:          100 kB
    Anonymous:            96 kB
    KSM:                   0 kB
    LazyFree:              4 kB
    AnonHugePages:      2048 kB
    ShmemPmdMapped:        0 kB
    FilePmdMapped:         0 kB
    Shared_Hugetlb:        0 kB
    Private_Hugetlb:       0 kB
    Swap:                  8 kB
    SwapPss:               7 kB
    Locked:               12 kB

    """

private let totals = {
    var totals = MemoryTotals()
    totals.rss = .kibibytes(100)
    totals.pss = .kibibytes(51)
    totals.sharedClean = .kibibytes(1)
    totals.sharedDirty = .kibibytes(2)
    totals.privateClean = .kibibytes(3)
    totals.privateDirty = .kibibytes(94)
    totals.anonymous = .kibibytes(96)
    totals.lazyFree = .kibibytes(4)
    totals.anonymousHuge = .mebibytes(2)
    totals.swap = .kibibytes(8)
    totals.swapPss = .kibibytes(7)
    totals.locked = .kibibytes(12)
    return totals
}()

struct `The smaps file` {
    @Test func `reads every mapping with its fields and flags`() throws {
        let text = """
            1000-101000 rw-p 00000000 00:00 0                          [heap]
            \(fields)THPeligible:           0
            ProtectionKey:         0
            VmFlags: rd wr mr mw me ac 
            200000-400000 rw-s 00000000 00:0f 3                        /anon_hugepage (deleted)
            Rss:                   0 kB
            VmFlags: rd wr sh de ht 
            a0400000-a0401000 r--p 00000000 00:00 0 
            Rss:                   4 kB

            """
        let entries = try Smaps.parse(bytes(text))
        #expect(entries.map(\.mapping.name) == ["[heap]", "/anon_hugepage (deleted)", ""])
        #expect(entries.map(\.totals.rss) == [.kibibytes(100), 0, .kibibytes(4)])
        #expect(entries[0].totals == totals)
        #expect(entries.map(\.isHugetlb) == [false, true, false])
        #expect(entries[0].flags == "rd wr mr mw me ac ")
    }

    @Test(arguments: [
        ("1000-2000 r--p 00000000 00:00 0\n", ParseError.Reason.missing("Rss"), 2),
        ("1000-2000 r--p 00000000 00:00 0\nRss: 4", .expected("kB"), 1),
        ("1000-2000 r--p 00000000 00:00 0\nRss: 4 MB\n", .expected("kB"), 2),
        ("1000-2000 r--p 00000000 00:00 0\nRss:  kB\n", .expected("a number"), 2),
        ("1000-2000 r--p 00000000 00:00 0\nRss: -4 kB\n", .expected("a number"), 2),
        ("1000-2000 r--p 00000000 00:00 0\nRss: 9007199254740992 kB\n", .tooLarge, 2),
        ("1000-2000 r--p 00000000 00:00 0\nRss", .expected("a field"), 2),
        ("1000-2000 r--p 00000000 00:00 0\nRss: 4 kB\n???\n", .expected("a hexadecimal number"), 3),
    ])
    func `names the line and the reason`(text: String, reason: ParseError.Reason, line: Int) {
        #expect(throws: ParseError(file: "smaps", line: line, reason: reason)) { try Smaps.parse(bytes(text)) }
    }
}

struct `Rolled up smaps` {
    @Test func `has the sums`() throws {
        let text = "1000-7fff000 ---p 00000000 00:00 0                          [rollup]\n\(fields)"
        #expect(try SmapsRollup.parse(bytes(text)) == totals)
    }

    @Test(arguments: ["", "1000-2000 ---p 00000000 00:00 0  [rollup]\nPss: 4 kB\n"])
    func `is nothing without Rss`(text: String) {
        let error = #expect(throws: ParseError.self) { try SmapsRollup.parse(bytes(text)) }
        #expect(error?.reason == .missing("Rss"))
    }
}
