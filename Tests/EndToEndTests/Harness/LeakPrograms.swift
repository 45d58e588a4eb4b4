import Foundation
import Synchronization
import Testing

/// The programs of Programs/leaks, compiled once for all tests: with gcc's LeakSanitizer, and without.
///
/// LeakSanitizer is no instrumentation but a library, so that both are linked from the same objects.
enum LeakPrograms {
    /// The C programs and the C++ ones, by name.
    static let names: [String] = {
        let folder = Build.source("Tests/EndToEndTests/Programs/leaks")
        let c = (try? String(contentsOfFile: "\(folder)/leaks.c", encoding: .utf8)) ?? ""
        let cplusplus = (try? String(contentsOfFile: "\(folder)/containers.cpp", encoding: .utf8)) ?? ""
        let inC = c.matches(of: /PROGRAM\(([a-z_]+)\)[,}]/).map { String($0.output.1) }.filter { $0 != "name" }
        return inC + cplusplus.matches(of: /\{"([a-z_]+)", [a-z_]+\}/).map { String($0.output.1) }
    }()

    /// Those that wait to be looked at, as what they show is over at their end.
    static let waiting: Set<String> = ["tls_thread", "held_by_register", "held_by_stack", "held_by_thread"]

    /// Those about which LeakSanitizer is wrong: of memory that a program mapped itself it has to be told.
    static let misjudged: Set<String> = ["pool_mapped_untold"]

    /// Compiles them into a folder.
    static func build(in folder: String) throws -> (plain: String, sanitized: String, library: String) {
        let sources = Build.source("Tests/EndToEndTests/Programs/leaks")
        let flags = [
            "-g", "-O1", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-Wall", "-Wextra", "-Werror",
        ]
        func compile(_ command: [String]) throws {
            let outcome = try run(["/usr/bin/env"] + command)
            guard outcome.status == 0 else { throw Trouble("\(command): \(outcome.errors)") }
        }
        let objects = ["\(folder)/leaks.o", "\(folder)/containers.o"]
        try compile(["gcc"] + flags + ["-c", "\(sources)/leaks.c", "-o", objects[0]])
        try compile(["g++"] + flags + ["-c", "\(sources)/containers.cpp", "-o", objects[1]])
        let (plain, sanitized, library) = ("\(folder)/leaks", "\(folder)/leaks-lsan", "\(folder)/library.so")
        try compile(["g++"] + objects + ["-pthread", "-o", plain])
        try compile(["g++", "-fsanitize=leak"] + objects + ["-pthread", "-o", sanitized])
        try compile(["gcc", "-shared", "-fPIC"] + flags + ["\(sources)/library.c", "-o", library])
        return (plain, sanitized, library)
    }
}

/// Leaked blocks by the kind of leak and by the function that allocated them.
struct Leaks: Hashable {
    struct Key: Hashable, Comparable {
        var kind: String
        var function: String

        static func < (left: Key, right: Key) -> Bool { (left.kind, left.function) < (right.kind, right.function) }
    }

    struct Tally: Hashable {
        var blocks = 0
        var bytes = 0
    }

    var groups: [Key: Tally] = [:]

    mutating func add(_ kind: String, _ function: String, blocks: Int, bytes: Int) {
        groups[Key(kind: kind, function: Self.bare(function)), default: Tally()].blocks += blocks
        groups[Key(kind: kind, function: Self.bare(function)), default: Tally()].bytes += bytes
    }

    /// Without parameters and types: demanglers differ.
    private static func bare(_ name: String) -> String {
        let name = name.replacing("(anonymous namespace)::", with: "").prefix { $0 != "(" && $0 != "<" }
        return name.split(separator: ":").last.map { String($0) } ?? String(name)
    }

    var blocks: Int { groups.values.reduce(0) { $0 + $1.blocks } }
    var bytes: Int { groups.values.reduce(0) { $0 + $1.bytes } }

    var text: String {
        groups.sorted { $0.key < $1.key }.map {
            "\($0.key.kind) \($0.key.function) \($0.value.blocks)/\($0.value.bytes)"
        }
        .joined(separator: ", ")
    }

    /// What LeakSanitizer reports: the first frame is its own malloc, the innermost of the program stands behind.
    init(sanitizer text: String) {
        var current: (kind: String, bytes: Int, blocks: Int)?
        for line in text.split(separator: "\n") {
            if let match = line.firstMatch(of: /(Direct|Indirect) leak of ([0-9]+) byte\(s\) in ([0-9]+) object/) {
                current = (match.output.1.lowercased(), Int(match.output.2)!, Int(match.output.3)!)
            } else if let match = line.firstMatch(of: /#[1-9] 0x[0-9a-f]+ in (.+)/), let (kind, bytes, blocks) = current
            {
                add(kind, String(match.output.1.split(separator: " ")[0]), blocks: blocks, bytes: bytes)
                current = nil
            }
        }
    }

    /// A document of silt's, whose groups are named by their innermost frame.
    init(document: UnreachableDocument) {
        for group in document.groups {
            add(group.leak, group.frames.first?.function ?? "(none)", blocks: group.blocks, bytes: group.bytes)
        }
    }
}

/// A document `silt.unreachable/1`, or a process of a `silt.run.leaks/1`.
struct UnreachableDocument: Decodable {
    struct Frame: Decodable {
        var function: String?
        var file: String?
        var line: Int?
    }

    struct Group: Decodable {
        var leak: String
        var blocks: Int
        var bytes: Int
        var frames: [Frame]
    }

    struct Tally: Decodable {
        var blocks: Int
        var bytes: Int
    }

    struct Suppressed: Decodable {
        var pattern: String
        var blocks: Int
    }

    var complete: Bool
    var decidedShare: Double
    var heldSeconds: Double
    var degraded: [String]
    var live: Tally
    var leaked: Tally
    var groups: [Group]
    var suppressed: [Suppressed]

    private struct Run: Decodable {
        var schema: String
        var processes: [UnreachableDocument]
    }

    private static let decoder = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }()

    init(_ text: String) throws { self = try Self.decoder.decode(UnreachableDocument.self, from: Data(text.utf8)) }

    static func run(_ text: String) throws -> [UnreachableDocument] {
        try decoder.decode(Run.self, from: Data(text.utf8)).processes
    }
}

/// The verdicts of one run of the tests, printed when all are there.
final class LeakTable: Sendable {
    static let shared = LeakTable()
    private let rows = Mutex<[(name: String, text: String)]>([])

    func add(_ name: String, sanitizer: Leaks, silt: Leaks, judgement: String) {
        func figures(_ leaks: Leaks) -> String {
            let direct = leaks.groups.filter { $0.key.kind == "direct" }.values.reduce(0) { $0 + $1.blocks }
            return String(format: "%7d %8d %9d", direct, leaks.blocks - direct, leaks.bytes)
        }
        let padded = name.padding(toLength: 20, withPad: " ", startingAt: 0)
        let row = (name, "\(padded) \(figures(sanitizer))   \(figures(silt))   \(judgement)")
        let all = rows.withLock { rows in
            rows.append(row)
            return rows
        }
        guard all.count == LeakPrograms.names.count else { return }
        let order = LeakPrograms.names
        let lines = all.sorted { order.firstIndex(of: $0.name)! < order.firstIndex(of: $1.name)! }.map(\.text)
        let title = """
            Leaked blocks             LeakSanitizer                        silt
            program               direct indirect     bytes    direct indirect     bytes
            """
        let text = title + "\n" + lines.joined(separator: "\n")
        print(text)
        Attachment.record(text, named: "leaks.txt")
    }
}
