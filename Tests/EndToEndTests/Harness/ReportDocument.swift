import Foundation

/// A document `silt.report/1`.
struct ReportDocument {
    /// The document itself.
    let text: String
    let content: Content

    init(_ text: String) throws {
        self.text = text
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        content = try decoder.decode(Content.self, from: Data(text.utf8))
    }

    var rss: Int { content.rssBytes }
    var heap: Heap { content.heap }
    var coverage: Coverage { content.coverage }
    var verdict: String { content.verdict.cause }

    /// Resident bytes of a cause; 0 where it has no row.
    func bytes(_ cause: String) -> Int { content.ledger.first { $0.cause == cause }?.bytes ?? 0 }

    /// A figure by a key of an expected.json: a cause of the ledger, or a path of keys.
    func figure(_ key: String) -> Int? {
        if let row = content.ledger.first(where: { $0.cause == key }) { return row.bytes }
        var value = try? JSONSerialization.jsonObject(with: Data(text.utf8))
        for part in key.split(separator: ".") { value = (value as? [String: Any])?[String(part)] }
        return (value as? NSNumber)?.intValue
    }

    struct Content: Decodable {
        var schema: String
        var process: Process
        var coverage: Coverage
        var rssBytes: Int
        var ledger: [Row]
        var heap: Heap
        var verdict: Verdict
        var reading: Reading
        var sites: Sites?
    }

    struct Process: Decodable {
        var pid: Int32
        var command: [String]
        var threads: Int
    }

    struct Coverage: Decodable {
        var source: String
        var complete: Bool
        var degraded: [String]
    }

    struct Row: Decodable, Equatable {
        var cause: String
        var bytes: Int
        var swapBytes: Int
        var owners: [Owner]?
    }

    struct Owner: Decodable, Equatable {
        var owner: String
        var bytes: Int
    }

    struct Heap: Decodable {
        var liveBytes: Int
        var liveBlocks: Int
        var untouchedBytes: Int
        var predictedTrimBytes: Int
        var predictedTrimRange: [Int]
        var arenas: [Arena]

        /// What is live beyond an earlier reading.
        func gained(since before: Heap) -> (bytes: Int, blocks: Int) {
            (liveBytes - before.liveBytes, liveBlocks - before.liveBlocks)
        }
    }

    struct Arena: Decodable {
        var main: Bool
        var residentBytes: Int
        var liveBytes: Int
        var retainedBytes: Int
        var keptBytes: Int
        var fragmentedBytes: Int
    }

    struct Sites: Decodable {
        var meanBytes: Int
        var degraded: [String]
        var holds: Answer
        var pins: Answer
        var left: Answer
    }

    struct Answer: Decodable {
        var samples: Int
        var groups: [Group]
    }

    struct Group: Decodable {
        var bytes: Int
        var frames: [Frame]
    }

    struct Frame: Decodable {
        var function: String?
        var file: String?
        var line: Int?
    }

    struct Verdict: Decodable {
        var cause: String
        var remedies: [Remedy]
    }

    struct Remedy: Decodable {
        var kind: String
        var predictedBytes: Int?
    }

    struct Reading: Decodable {
        var stopped: Bool
        var movedBytes: Int
    }
}
