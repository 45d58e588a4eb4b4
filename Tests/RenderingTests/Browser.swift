import Foundation
import Testing

/// What is done with a page, in the words of `Browser/drive.py`: `("click", "a CSS selector")`.
typealias BrowserStep = (kind: String, argument: any Sendable)

/// Headless Chromium, driven by `Browser/drive.py`. One at a time is enough for a small machine: suites that use it are
/// serialized.
enum Browser {
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium")

    /// What `drive.py` prints.
    struct Seen: Decodable {
        var values: [BrowserValue]
        var requests: [String]
        var complaints: [String]
    }

    /// Opens a page from a file and takes the steps; screenshots become attachments. No request and no complaint is
    /// allowed.
    static func look(
        at page: String, _ steps: [BrowserStep], at location: SourceLocation = #_sourceLocation
    ) throws -> [BrowserValue] {
        let seen = try see(page, steps)
        #expect(seen.requests == [] && seen.complaints == [], sourceLocation: location)
        return seen.values
    }

    static func see(_ text: String, _ steps: [BrowserStep]) throws -> Seen {
        try withFolder { folder in
            let page = folder.appending(path: "the page.html")
            try Data(text.utf8).write(to: page)
            let list = try JSONSerialization.data(withJSONObject: steps.map { [$0.kind: $0.argument] })
            let driver = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Browser/drive.py")
            let printed = try run(
                "/usr/bin/python3",
                [driver.path(percentEncoded: false), page.absoluteString, String(decoding: list, as: UTF8.self)],
                in: folder)
            try #require(printed.status == 0, "\(printed.errors)")
            for (kind, name) in steps where kind == "screenshot" || kind == "page" {
                guard let name = name as? String else { continue }
                Attachment.record(try Data(contentsOf: folder.appending(path: name)), named: name)
            }
            return try JSONDecoder().decode(Seen.self, from: Data(printed.output.utf8))
        }
    }
}

/// The value of a JavaScript expression.
enum BrowserValue: Decodable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    case string(String)
    case number(Double)
    case bool(Bool)

    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }
}
