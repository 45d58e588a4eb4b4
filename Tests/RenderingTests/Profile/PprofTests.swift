import Foundation
import Gzip
import MemoryModel
import Rendering
import Testing

/// Read by pprof itself, as Debian's golang-go has it.
@Suite struct `A profile for pprof` {
    /// What `go tool pprof` prints about a profile.
    private func pprof(_ profile: Profile, _ options: String...) throws -> Printed {
        try withFolder { folder in
            let file = folder.appending(path: "profile.pb.gz")
            try Data(try #require(gzip(profile.pprof()))).write(to: file)
            return try run("/usr/bin/go", ["tool", "pprof"] + options + [file.path()], in: folder)
        }
    }

    @Test func `has the five values, the mean and the time`() throws {
        let raw = try pprof(ProfileSample.small, "-raw")
        #expect(raw.status == 0, "\(raw.errors)")
        let lines = raw.output.split(separator: "\n").map(String.init)
        #expect(lines.contains("PeriodType: space bytes"))
        #expect(lines.contains("Period: \(512 << 10)"))
        #expect(lines.contains { $0.hasPrefix("Time: 2023-11-14") })
        #expect(
            lines.contains(
                "objects/count space/bytes[dflt] resident_space/bytes retained_space/bytes pinned_space/bytes"))
        #expect(lines.contains { $0.contains("/bin/program --fast") })
    }

    @Test func `has the value, the inlined functions and the tag of every stack`() throws {
        let lines = try pprof(ProfileSample.small, "-raw").output.split(separator: "\n").map(String.init)
        let trimmed = lines.map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(trimmed.contains("10    5000001    4000000          0      90000: 1 2"))
        #expect(trimmed.contains("0          0          0     700000          0: 5 2"))
        #expect(trimmed.contains("tag:[request]"))
        let location = try #require(trimmed.firstIndex { $0.hasPrefix("1: 0x1190 M=1 grow /src/table.h:7") })
        #expect(trimmed[location + 1].hasPrefix("insert /src/table.c:21"))
        #expect(trimmed.contains { $0.hasPrefix("3: 0xabc M=2") })
        #expect(trimmed.contains { $0.contains("load.<locals>.parse /src/load.py:12") })
        #expect(trimmed.contains { $0.contains("/bin/program 0123456789abcdef [FN][FL][LN][IN]") })
    }

    @Test(arguments: Profile.Quantity.allCases)
    func `adds up in every value`(quantity: Profile.Quantity) throws {
        let unitOption = quantity.isCount ? "-unit=count" : "-unit=bytes"
        let top = try pprof(ProfileSample.small, "-top", unitOption, "-sample_index=\(quantity.rawValue)")
        #expect(top.status == 0, "\(top.errors)")
        let total = ProfileSample.small.samples.reduce(0) { $0 + $1.values.rounded(quantity) }
        let unit = quantity.isCount ? "" : "B"
        #expect(top.output.contains("of \(total)\(unit) total"), "\(top.output)")
    }

    @Test func `tells addresses apart that no module holds`() throws {
        let samples = [0x77, 0x99, 0].map { offset in
            Profile.Sample(frames: [Frame(offset: offset)], values: ProfileSample.values(space: 100))
        }
        let profile = Profile(process: ProcessFacts(pid: 1, command: ["program"]), samples: samples)
        let top = try pprof(profile, "-top", "-unit=bytes").output
        for name in ["0x77", "0x99", "(unknown)"] { #expect(top.contains("  \(name)\n"), "\(top)") }
    }

    @Test func `of hostile names is read, with nothing that a terminal would act upon`() throws {
        let raw = try pprof(ProfileSample.hostile, "-raw")
        #expect(raw.status == 0, "\(raw.errors)")
        let harmful: [Unicode.GeneralCategory] = [.control, .format, .lineSeparator, .paragraphSeparator]
        let found = raw.output.unicodeScalars.filter { $0 != "\n" && harmful.contains($0.properties.generalCategory) }
        #expect(found.isEmpty)
        #expect(raw.output.contains("</script><script>alert(1)</script>"))
        #expect(raw.output.utf8.count < 100_000, "absurdly long names are cut")
    }

    @Test func `of a large program and of an empty one is read`() throws {
        let top = try pprof(ProfileSample.large(stacks: 5000), "-top", "-unit=bytes")
        #expect(top.status == 0, "\(top.errors)")
        let empty = try pprof(Profile(process: ProcessFacts(pid: 1, command: [])), "-raw")
        #expect(empty.status == 0, "\(empty.errors)")
    }
}

@Suite struct `A gzip file` {
    /// Empty, longer than one buffer, and nothing that compresses.
    @Test(arguments: [0, 1, 1000, 1 << 20])
    func `is what Python reads`(count: Int) throws {
        var state: UInt64 = 1
        let bytes = (0..<count).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        try withFolder { folder in
            try Data(bytes).write(to: folder.appending(path: "plain"))
            try Data(try #require(gzip(bytes))).write(to: folder.appending(path: "plain.gz"))
            let program = "import gzip; print(gzip.open('plain.gz').read() == open('plain', 'rb').read())"
            let printed = try run("/usr/bin/python3", ["-c", program], in: folder)
            #expect(printed.output == "True\n", "\(printed.errors)")
        }
    }

    @Test func `of the same bytes is the same, and smaller than they are`() {
        let bytes = Array(String(repeating: "stack;", count: 10_000).utf8)
        #expect(gzip(bytes) == gzip(bytes))
        #expect((gzip(bytes)?.count ?? .max) < 1000)
    }
}
