import Foundation
import Testing

/// One folder of Examples.
struct Example: CustomTestStringConvertible {
    struct Children: Decodable {
        var count: Int
        var verdict: String
        var minimum: [String: Int]
        var maximum: [String: Int]
    }

    /// expected.json, as Examples/README.md describes it.
    struct Expectation: Decodable {
        var verdict: String
        var at: String
        var minimum: [String: Int]
        var maximum: [String: Int]
        var processes: Int
        var children: Children?
    }

    var name: String
    var expected: Expectation

    var testDescription: String { name }

    var command: [String] {
        name.hasPrefix("python-")
            ? [Build.python, Build.source("Examples/\(name)/main.py")] : [Build.program(name)]
    }

    /// Every folder that says what to expect.
    static func all() throws -> [Example] {
        let folder = Build.source("Examples")
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { name in
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)/expected.json") else { return nil }
            return Example(name: name, expected: try JSONDecoder().decode(Expectation.self, from: data))
        }
    }
}

struct `Every example` {
    @Test func `is found`() throws {
        #expect(try Example.all().count >= 8)
    }

    @Test(arguments: try Example.all())
    func `has the verdict and the bounds that it promises, and sums to what the kernel counts`(
        _ example: Example
    ) throws {
        try withScratch { scratch in
            try withTarget(example.command + ["--wait", "--gate"], in: scratch) { target in
                _ = try target.message()
                let before = try report(on: target.pid)
                expectWhole(before)
                try target.tell()
                for ready in try target.ready(1 + (example.expected.children?.count ?? 0)) {
                    try examine(example, ready, before: before, isFirst: ready.pid == target.pid)
                }
            }
        }
    }

    private func examine(_ example: Example, _ ready: Message, before: ReportDocument, isFirst: Bool) throws {
        let pid = try #require(ready.pid)
        let rssBefore = try rollupRss(pid)
        let report = try report(on: pid, "--stop")
        let rssAfter = try rollupRss(pid)
        expectWhole(report)
        let expected = example.expected
        let children = isFirst ? nil : expected.children
        expectBounds(
            report, minimum: children?.minimum ?? expected.minimum, maximum: children?.maximum ?? expected.maximum)
        var checks = [
            ("the reading is of a stopped process", report.content.reading.stopped),
            ("RSS \(report.rss) is the kernel's \(rssBefore)", report.rss == rssBefore),
            ("reading changes nothing: \(rssAfter)", rssBefore == rssAfter),
            ("nothing moved", report.content.reading.movedBytes == 0),
        ]
        let pages = try FilePages(pid)
        checks.append(("files are smaps' \(pages.files)", report.bytes("files") == pages.files))
        checks.append(("copies of files' pages are module-data", report.bytes("module-data") >= pages.copies))
        let promised = report.content.verdict.remedies.filter { $0.kind == "now" }.map(\.predictedBytes)
        if report.verdict == "retention" {
            checks.append(("trimming now is advised, with its yield", promised == [report.heap.predictedTrimBytes]))
        }
        if expected.at == "ready" {
            let verdict = children?.verdict ?? expected.verdict
            checks.append(("the verdict \(report.verdict) is \(verdict)", report.verdict == verdict))
        }
        if let bytes = ready.liveBytes, let blocks = ready.liveBlocks {
            let gained = report.heap.gained(since: before.heap)
            checks.append(("\(gained.bytes) live bytes are the program's \(bytes)", gained.bytes == bytes))
            checks.append(("\(gained.blocks) live blocks are the program's \(blocks)", gained.blocks == blocks))
        }
        expect(checks, report, #_sourceLocation)
    }
}
