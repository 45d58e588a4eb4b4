import MemoryModel
import ProcFS
import Testing

/// Bytes as the kernel would write them.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

struct `The maps file` {
    @Test func `reads what Linux 6 writes`() throws {
        let mappings = try Maps.parse(
            bytes(
                """
                55e8a1c00000-55e8a1c02000 r--p 00000000 fe:01 131 \
                                         /usr/bin/cat
                55e8a1c02000-55e8a1c06000 rw-p 00002000 103:a2 18446744073709551615            /usr/bin/cat
                7f0e1c000000-7f0e20000000 ---p 00000000 00:00 0 
                7f0e1ffff000-7f0e20001000 rwxs 00001000 00:01 2049                       /memfd:a b (deleted)
                7ffc5c1f2000-7ffc5c213000 rw-p 00000000 00:00 0                          [stack]
                ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]

                """))
        #expect(mappings.count == 6)
        #expect(
            mappings[1]
                == Mapping(
                    range: AddressRange(start: Address(0x55e8_a1c0_2000), end: Address(0x55e8_a1c0_6000)),
                    permissions: [.read, .write], offset: 0x2000, device: DeviceNumber(major: 0x103, minor: 0xa2),
                    inode: .max, name: "/usr/bin/cat"))
        #expect(mappings[2].name == "" && mappings[2].permissions == [])
        #expect(mappings[3].name == "/memfd:a b (deleted)")
        #expect(mappings[3].permissions == [.read, .write, .execute, .shared])
        #expect(mappings[5].range.start == Address(0xffff_ffff_ff60_0000) && mappings[5].permissions == [.execute])
    }

    @Test(arguments: [
        (#"/a\012b"#, "/a\nb"), (#"/\012\012"#, "/\n\n"), (#"/a\b\01"#, #"/a\b\01"#), (#"/\\0121"#, "/\\\n1"),
        ("/ends in blanks  ", "/ends in blanks  "), ("[anon: x y]", "[anon: x y]"), ("/ü", "/ü"),
    ])
    func `undoes the kernel's one escape`(written: String, name: String) throws {
        #expect(try Maps.parse(bytes("1000-2000 r--p 00000000 00:00 0    \(written)\n")).first?.name == name)
    }

    @Test func `gives a name that is not UTF-8 a place holder`() throws {
        let line = bytes("1000-2000 r--p 00000000 00:00 0    /") + [0xff, 0x0a]
        #expect(try Maps.parse(line).first?.name == "/\u{FFFD}")
    }

    @Test func `needs no newline at the very end`() throws {
        #expect(try Maps.parse(bytes("1000-2000 r--p 00000000 00:00 0")).count == 1)
        #expect(try Maps.parse([]).isEmpty)
    }

    @Test(arguments: [
        ("1000", ParseError.Reason.ended), ("1000-", .ended), ("1000-2000 r-", .ended), ("\n", .ended),
        ("1000-2000 r--p 00000000 00:00", .ended), ("1000-2000 r--p 00000000 00:00 ", .ended),
        ("1000x2000 r--p 00000000 00:00 0", .expected("'-'")),
        ("g000-2000 r--p 00000000 00:00 0", .expected("a hexadecimal number")),
        ("-1000-2000 r--p 00000000 00:00 0", .expected("a hexadecimal number")),
        ("1000-2000 w--p 00000000 00:00 0", .expected("r or -")),
        ("1000-2000 r--x 00000000 00:00 0", .expected("s or p")),
        ("1000-2000 r--p 00000000 00:00 x", .expected("a number")),
        ("1000-2000 r--p 00000000 00:00 0x", .expected("' '")),
        ("2000-2000 r--p 00000000 00:00 0", .expected("an end above the start")),
        ("1000-10000000000000000 r--p 00000000 00:00 0", .tooLarge),
        ("1000-2000 r--p 00000000 100000000:00 0", .tooLarge),
        ("1000-2000 r--p 00000000 00:00 18446744073709551616", .tooLarge),
    ])
    func `names the line and the reason`(line: String, reason: ParseError.Reason) {
        let good = "1000-2000 r--p 00000000 00:00 0 \n"
        #expect(throws: ParseError(file: "maps", line: 2, reason: reason)) { try Maps.parse(bytes(good + line)) }
    }

    /// No byte string brings it down: every cut of a good file, and every byte of it replaced.
    @Test func `survives whatever comes`() {
        let good = bytes("1000-2000 rwxp 00000000 fe:01 12      /a\\012b (deleted)\n2000-3000 ---s 00000001 00:00 0 \n")
        for index in good.indices {
            _ = try? Maps.parse(Array(good[..<index]))
            for byte in [0, 0x0a, 0x20, 0x2d, 0x3a, 0x39, 0xff] as [UInt8] {
                var changed = good
                changed[index] = byte
                _ = try? Maps.parse(changed)
            }
        }
    }

    @Test func `explains itself in a line`() {
        #expect(ParseError(file: "maps", line: 3, reason: .ended).description == "maps, line 3: ends too early")
        #expect(
            ParseError(file: "stat", line: 1, reason: .expected("a number")).description
                == "stat, line 1: expected a number")
    }
}
