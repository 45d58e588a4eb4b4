import Glibc
import Testing

/// Debian 12's own kernel has no PAGEMAP_SCAN.
struct `Residency from pagemap alone` {
    struct Case: CustomTestStringConvertible {
        var command: [String]
        var processes = 1
        /// By how much a row may differ. Only smaps then says how many pages of a mapping are the zero page, not which,
        /// and a page that a fork shares looks like one (fs/proc/task_mmu.c: neither PM_FILE nor PM_MMAP_EXCLUSIVE).
        var doubt = 0
        var testDescription: String { String(command.last { !$0.hasPrefix("-") }!.split(separator: "/").last!) }
    }

    /// The kernel of this machine may have none to compare with.
    static var hasScan: Bool {
        (try? silt("report", "\(getpid())", "--residency", "pagemapScan").status) == 0
    }

    static let cases = [
        Case(command: [Build.program("own-mappings"), "--wait"]),
        Case(command: [Build.program("retained-burst"), "--wait"]),
        Case(command: [Build.program("thread-arenas"), "--wait"]),
        Case(command: [Build.program("prefork-server"), "--wait"], processes: 4),
        Case(command: [Build.python, Build.script("odd-pages")]),
        Case(command: [Build.python, Build.script("forking")], processes: 4, doubt: 16 << 10),
    ]

    @Test(.enabled(if: hasScan, "the kernel has PAGEMAP_SCAN"), arguments: cases)
    func `gives the same ledger as the scan`(_ tried: Case) throws {
        try withScratch { scratch in
            try withTarget(tried.command, in: scratch) { target in
                for ready in try target.ready(tried.processes) {
                    let pid = try #require(ready.pid)
                    let scanned = try report(on: pid, "--residency", "pagemapScan")
                    let read = try report(on: pid, "--residency", "pagemap")
                    let rss = try rollupRss(pid)
                    expectWhole(scanned)
                    expectWhole(read)
                    let rows = zip(scanned.content.ledger, read.content.ledger).map { row, other in
                        ("\(other) is \(row)", row.cause == other.cause && abs(row.bytes - other.bytes) <= tried.doubt)
                    }
                    let totals = [
                        ("scanned, \(scanned.rss) is the kernel's \(rss)", scanned.rss == rss),
                        ("read, \(read.rss) is the kernel's \(rss)", read.rss == rss),
                    ]
                    expect(totals + rows, read, #_sourceLocation)
                }
            }
        }
    }
}
