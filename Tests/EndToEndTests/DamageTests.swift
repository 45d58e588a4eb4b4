import Foundation
import Testing

/// Something that happens to a segment, and what the report then says that the books lack.
struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var degraded: String
    var inflict: @Sendable (SegmentFile) throws -> Void

    init(_ description: String, _ degraded: String, _ inflict: @escaping @Sendable (SegmentFile) throws -> Void) {
        testDescription = description
        self.degraded = degraded
        self.inflict = inflict
    }

    /// What a living target can stand.
    static let survivable = [
        Damage("mode 0644", "segment-invalid") { try $0.setMode(0o644) },
        Damage("removed", "segment-unreadable") { try $0.remove() },
        Damage("replaced", "segment-unreadable") { try $0.replace() },
        Damage("another version", "segment-version") { try $0.write(UInt32(2), at: SegmentFile.versionMajor) },
        Damage("another magic", "segment-version") { try $0.write(UInt8(2), at: 7) },
        Damage("a header of zeros", "segment-invalid") {
            try $0.write([UInt8](repeating: 0, count: SegmentFile.headerBytes), at: 0)
        },
        Damage("a header of ones", "segment-invalid") {
            try $0.write([UInt8](repeating: 0xff, count: SegmentFile.headerBytes), at: 0)
        },
        Damage("another process", "segment-foreign") { try $0.write(UInt32(1), at: SegmentFile.pid) },
        Damage("not ready", "segment-building") { try $0.write(UInt32(0), at: SegmentFile.state) },
        Damage("books given up", "books-stopped") { try $0.write(UInt32(2), at: SegmentFile.state) },
    ]

    /// What would kill a process that touches its segment.
    static let deadly = [
        Damage("empty", "segment-truncated") { try $0.truncate(to: 0) },
        Damage("less than a header", "segment-truncated") { try $0.truncate(to: 4095) },
        Damage("a header only", "segment-truncated") { try $0.truncate(to: 4096) },
        Damage("a section beyond the end", "segment-invalid") {
            try $0.write(UInt64.max - 4096, at: SegmentFile.sections + SegmentFile.sectionBytes + 8)
        },
        Damage("a section without bounds", "segment-invalid") {
            try $0.write(UInt64.max, at: SegmentFile.sections + SegmentFile.sectionBytes + 16)
        },
        Damage("entries of no size", "segment-invalid") {
            try $0.write(UInt32(0), at: SegmentFile.sections + SegmentFile.sectionBytes + 4)
        },
        // 1 TiB, sparse: what it claims to hold fits no memory.
        Damage("a section larger than memory", "segment-invalid") {
            try $0.truncate(to: 1 << 41)
            try $0.write(UInt64(1 << 41), at: 24)
            let section = SegmentFile.sections + SegmentFile.sectionBytes
            try $0.write(UInt32(1 << 20), at: section + 4)
            try $0.write(UInt64(1 << 20), at: section + 16)
            try $0.write(UInt64(1 << 20), at: section + 24)
        },
    ]
}

struct `A damaged segment` {
    @Test(arguments: Damage.survivable)
    func `degrades the report and leaves the process alone`(_ damage: Damage) throws {
        try withScratch { scratch in
            try withTarget([Build.program("untouched-block"), "--trim"], in: scratch) { target in
                _ = try target.ready()
                expectWhole(try report(on: target.pid))
                let segment = try SegmentFile(in: scratch)
                try damage.inflict(segment)
                try expectDegraded(target.pid, damage)
                try target.tell()
                #expect(try target.message().trimmed == true)
                #expect(target.isRunning)
                // What the target itself may find no more.
                if scratch.segmentNames() != [] { try segment.remove() }
            }
        }
    }

    @Test(arguments: Damage.survivable + Damage.deadly)
    func `degrades the report, also where it would kill its owner`(_ damage: Damage) throws {
        try withFake { segment, target in
            try damage.inflict(segment)
            try expectDegraded(target.pid, damage)
        }
    }

    @Test func `of random bytes never makes silt fail`() throws {
        try withFake { segment, target in
            let header = [UInt8](
                try Data(contentsOf: URL(fileURLWithPath: segment.path), options: .mappedIfSafe)[..<4096])
            var random = SystemRandomNumberGenerator()
            for _ in 0..<150 {
                var damaged = header
                for _ in 0..<Int.random(in: 1...12, using: &random) {
                    // Most of a header is reserved: the fields lie in the first 512 bytes and in seven sections.
                    damaged[Int.random(in: 8..<736, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                try segment.write(damaged, at: 0)
                let outcome = try silt("report", "\(target.pid)", "--json", "--without-memory")
                try #require(outcome.status == 0 && outcome.errors == "", "\(damaged): \(outcome)")
                let report = try ReportDocument(outcome.output)
                #expect(report.content.ledger.reduce(0) { $0 + $1.bytes } == report.rss)
            }
        }
    }

    private func expectDegraded(_ pid: Int32, _ damage: Damage) throws {
        let report = try report(on: pid)
        let sum = report.content.ledger.reduce(0) { $0 + $1.bytes }
        expect(
            [
                ("\(report.coverage.degraded) has \(damage.degraded)", report.coverage.degraded == [damage.degraded]),
                ("it is not called complete", !report.coverage.complete),
                ("the rows sum to RSS", sum == report.rss),
            ], report, #_sourceLocation)
        let text = try silt("report", "\(pid)")
        #expect(text.status == 0 && text.errors == "")
    }

    /// A process that maps a copy of a true segment, with its own number in it, and never touches it.
    private func withFake(_ body: (SegmentFile, Target) throws -> Void) throws {
        try withScratch { scratch in
            let path = "\(scratch.folder)/silt-copy"
            try withTarget([Build.program("untouched-block"), "--wait"], in: scratch) { target in
                _ = try target.ready()
                _ = try SegmentFile(copying: SegmentFile(in: scratch), to: path)
            }
            try withTarget([Build.python, Build.script("mapper"), path], in: scratch, preloaded: false) { target in
                _ = try target.ready()
                let segment = SegmentFile(path: path)
                try segment.write(UInt32(target.pid), at: SegmentFile.pid)
                // The probe itself: the copy is taken for true as long as it is.
                #expect(try report(on: target.pid).coverage.source == "shim")
                try body(segment, target)
            }
        }
    }
}
