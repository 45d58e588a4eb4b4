import MemoryModel
import ProcFS
import Testing

/// The fields of stat from the state on.
private let rest =
    " S 1 1234 1234 0 -1 4194560 1 0 0 0 7 3 0 0 20 0 5 0 98765 123456512 900 18446744073709551615 1 1 0 0\n"

struct `The stat file` {
    @Test(arguments: ["cat", "a b", "a) S 1 (b", "))", "((", "", "new\nline", "(sd-pam)"])
    func `reads a process of any name`(name: String) throws {
        let stat = try ProcessStat.parse(bytes("1234 (\(name))\(rest)"))
        #expect(stat.pid == 1234 && stat.name == name && stat.state == UInt8(ascii: "S") && stat.parent == 1)
        #expect(stat.threads == 5 && stat.startTicks == 98765 && stat.virtualSize == 123_456_512)
        #expect(stat.flags == 4_194_560 && !stat.isKernelThread && !stat.isZombie)
    }

    @Test func `tells kernel threads and zombies`() throws {
        let kthreadd = "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 2 0 0 1\n"
        #expect(try ProcessStat.parse(bytes(kthreadd)).isKernelThread)
        #expect(try ProcessStat.parse(bytes("9 (x) Z\(rest.dropFirst(2))")).isZombie)
    }

    @Test func `gives the start in nanoseconds`() throws {
        let stat = try ProcessStat.parse(bytes("1234 (x)\(rest)"))
        #expect(stat.startNanoseconds(ticksPerSecond: 100) == 987_650_000_000)
        #expect(stat.startNanoseconds(ticksPerSecond: 1024) == 96_450_195_312)
        var late = stat
        late.startTicks = .max
        #expect(late.startNanoseconds(ticksPerSecond: 1) == .max)
    }

    @Test(arguments: [
        ("", ParseError.Reason.expected("a name in parentheses")), ("12 )(", .expected("a name in parentheses")),
        ("x (y)\(rest)", .expected("a number")), ("1 (y", .expected("a name in parentheses")), ("1 (y)", .ended),
        ("1 (y) S 1 2 3", .ended), ("99999999999 (y)\(rest)", .tooLarge),
        ("1 (y) S 99999999999 1 1 0 -1 0 1 0 0 0 7 3 0 0 20 0 5 0 9 1 9", .tooLarge),
    ])
    func `names the reason`(text: String, reason: ParseError.Reason) {
        #expect(throws: ParseError(file: "stat", line: 1, reason: reason)) { try ProcessStat.parse(bytes(text)) }
    }
}

struct `The status file` {
    @Test func `reads users, numbers and memory`() throws {
        let text = """
            Name:\ta:b\\nUid: 7
            Umask:\t0022
            TracerPid:\t77
            Uid:\t1000\t1001\t1002\t4294967295
            NSpid:\t4242\t17\t1
            VmPeak:\t  999 kB
            VmHWM:\t   60 kB
            VmRSS:\t   50 kB
            RssAnon:\t   10 kB
            RssFile:\t   15 kB
            RssShmem:\t   25 kB
            VmSwap:\t    3 kB
            HugetlbPages:\t 2048 kB
            Threads:\t12

            """
        let status = try ProcessStatus.parse(bytes(text))
        #expect(status.uids == [1000, 1001, 1002, .max] && status.namespacePIDs == [4242, 17, 1])
        #expect(status.tracer == 77 && status.threads == 12)
        #expect(status.highWater == .kibibytes(60) && status.rss == .kibibytes(50) && status.swap == .kibibytes(3))
        #expect(status.rssAnonymous == .kibibytes(10) && status.rssFile == .kibibytes(15))
        #expect(status.rssShared == .kibibytes(25) && status.hugetlb == .mebibytes(2))
    }

    @Test func `of a kernel thread has no memory`() throws {
        let status = try ProcessStatus.parse(bytes("Name:\tkthreadd\nUid:\t0\t0\t0\t0\nThreads:\t1\n"))
        #expect(status.rss == nil && status.highWater == nil && status.namespacePIDs.isEmpty)
    }

    @Test(arguments: [
        ("", ParseError.Reason.missing("Threads"), 1), ("Name", .expected("a field"), 1),
        ("Threads:\t1\n", .missing("Uid"), 2), ("Threads:\t1\nUid:\t1\t2\n", .missing("Uid"), 3),
        ("Uid:\t1\t2\t-3\t4\n", .expected("a number"), 1), ("Uid:\t4294967296\t0\t0\t0\n", .tooLarge, 1),
        ("VmHWM:\t1 pages\n", .expected("kB"), 1), ("Threads:\t\n", .ended, 1),
    ])
    func `names the line and the reason`(text: String, reason: ParseError.Reason, line: Int) {
        #expect(throws: ParseError(file: "status", line: line, reason: reason)) {
            try ProcessStatus.parse(bytes(text))
        }
    }
}

struct `Small files` {
    @Test func `statm is in pages`() throws {
        let statm = try Statm.parse(bytes("1000 200 30 4 0 50 0\n"), pageSize: 4096)
        #expect(statm == (try Statm.parse(bytes("1000 200 30"), pageSize: 4096)))
        #expect(statm.size == 4_096_000 && statm.resident == 819_200 && statm.shared == 122_880)
        let large = ParseError(file: "statm", line: 1, reason: .tooLarge)
        #expect(throws: large) { try Statm.parse(bytes("9223372036854775807 1 1"), pageSize: 4096) }
        #expect(throws: ParseError(file: "statm", line: 1, reason: .ended)) {
            try Statm.parse(bytes("1 2"), pageSize: 4096)
        }
    }

    @Test func `uptime is in seconds`() throws {
        #expect(try Uptime.parse(bytes("12345.67 54321.00\n")) == 12345.67)
        #expect(try Uptime.parse(bytes("0.05 0.00\n")) == 0.05)
        #expect(throws: ParseError(file: "uptime", line: 1, reason: .ended)) { try Uptime.parse(bytes("12.")) }
        #expect(throws: ParseError(file: "uptime", line: 1, reason: .expected("'.'"))) {
            try Uptime.parse(bytes("12 3"))
        }
    }

    @Test(arguments: [
        ("", []), ("a\0", ["a"]), ("a\0b c\0\0", ["a", "b c", ""]), ("title: idle", ["title: idle"]), ("\0", [""]),
        ("\0\0", ["", ""]),
    ])
    func `cmdline is split at zero bytes`(text: String, arguments: [String]) {
        #expect(CommandLine.parse(bytes(text)) == arguments)
    }

    @Test func `environ gives what getenv would`() {
        let text = "A=1\0B=\0A=2\0C=x=y\0no variable\0=odd\0\0D=last"
        #expect(Environment.parse(bytes(text)) == ["A": "1", "B": "", "C": "x=y", "": "odd", "D": "last"])
    }
}
