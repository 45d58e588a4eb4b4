import Foundation
import MemoryModel
import Testing

@testable import Rendering

/// The page as text; ``A flame graph in a browser`` looks at it with Chromium.
@Suite struct `A flame graph's page` {
    /// What the page's script reads.
    private struct Document: Decodable {
        struct Quantity: Decodable {
            var name: String
            var unit: String
        }
        var title: String
        var facts: String
        var shown: Int
        var quantities: [Quantity]
        var strings: [String]
        var frames: [[Int]]
        var nodes: [[Int]]
    }

    private func document(_ page: String) throws -> Document {
        let start = try #require(page.range(of: "<script type=\"application/json\" id=\"data\">"))
        let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
        return try JSONDecoder().decode(Document.self, from: Data(page[start.upperBound..<end.lowerBound].utf8))
    }

    /// `depth name:line space`, indented.
    private func outline(_ document: Document) -> [String] {
        document.nodes.map { node in
            let name = document.strings[document.frames[node[1]][0]]
            return String(repeating: " ", count: node[0]) + name + (node[2] > 0 ? ":\(node[2])" : "") + " \(node[3])"
        }
    }

    @Test func `merges stacks from the outermost frame on`() throws {
        #expect(
            outline(try document(ProfileSample.small.flameGraph())) == [
                "all 7030001", " main:40 5000001", "  insert:21 5000001", "   grow:7 5000001",
                "  load.<locals>.parse:12 0", " [request] 2000000", "  (outer frames not recorded) 2000000",
                "   main:40 2000000", "    libstripped.so+0xabc 2000000", " (no stack) 30000",
            ])
    }

    @Test func `has the whole name of a function, and a short one for the graph`() throws {
        let frame = Frame(function: "void Index<int>::insert(int const&)", module: "/bin/program")
        let profile = Profile(
            process: ProcessFacts(pid: 1, command: []),
            samples: [Profile.Sample(frames: [frame], values: ProfileSample.values(space: 1))])
        let document = try document(profile.flameGraph())
        #expect(
            document.frames[1].map { document.strings[$0] } == [
                frame.function, "Index<int>::insert", "", "/bin/program",
            ])
    }

    @Test func `tells lines apart only where the stack ends`() throws {
        let samples = [(1, 10), (2, 20), (2, 30)].map { callLine, line in
            Profile.Sample(
                frames: [Frame(function: "leaf", line: line), Frame(function: "main", line: callLine)],
                values: ProfileSample.values(space: 100))
        }
        let profile = Profile(process: ProcessFacts(pid: 1, command: ["program"]), samples: samples)
        #expect(
            outline(try document(profile.flameGraph())) == [
                "all 300", " main 300", "  leaf:10 100", "  leaf:20 100", "  leaf:30 100",
            ])
    }

    @Test(arguments: Profile.Quantity.allCases)
    func `has every value, and shows the one asked for`(quantity: Profile.Quantity) throws {
        let profile = ProfileSample.large(stacks: 300)
        let document = try document(profile.flameGraph(shown: quantity))
        #expect(document.quantities[document.shown].name == quantity.rawValue)
        #expect(document.quantities[document.shown].unit == (quantity == .objects ? "count" : "bytes"))
        #expect(document.nodes[0][3 + document.shown] == profile.total.rounded(quantity))
        #expect(document.facts.hasPrefix("pid 4711 · 2023-11-14 22:13 UTC · estimated from 300 samples"))
    }

    /// The parser of HTML sees the texts of the process before any script does.
    @Test func `of hostile names keeps them out of the markup`() throws {
        let page = ProfileSample.hostile.flameGraph()
        #expect(page.components(separatedBy: "<script").count == 3)
        #expect(page.components(separatedBy: "</script").count == 3)
        #expect(page.components(separatedBy: "<!--").count == 1)
        #expect(page.components(separatedBy: "<title>").count == 2)
        #expect(!page.unicodeScalars.contains { $0 == "\u{2028}" || $0 == "\u{2029}" || $0 == "\0" })
        let document = try document(page)
        #expect(document.strings.contains("</script><script>alert(1)</script>"))
        #expect(document.strings.contains("&amp;<b>&#x41;"))
        #expect(document.strings.allSatisfy { $0.utf8.count < 2000 })
    }

    @Test func `asks for nothing from anywhere`() {
        let page = ProfileSample.small.flameGraph()
        let words = ["http:", "https:", "src=", "href=", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML"]
        for word in words { #expect(!page.contains(word), "\(word)") }
    }

    @Test(
        arguments: [
            (0, "1970-01-01 00:00 UTC"), (951_782_399, "2000-02-28 23:59 UTC"), (951_782_400, "2000-02-29 00:00 UTC"),
            (1_700_000_000, "2023-11-14 22:13 UTC"), (4_107_542_399, "2100-02-28 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"), (1_735_689_599, "2024-12-31 23:59 UTC"),
        ] as [(Int64, String)])
    func `writes times as people do`(seconds: Int64, text: String) {
        #expect(utcText(nanoseconds: seconds * 1_000_000_000) == text)
    }
}
