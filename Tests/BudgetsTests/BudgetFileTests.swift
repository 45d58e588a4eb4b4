import Budgets
import JSONText
import MemoryModel
import TestSupport
import Testing

@Suite struct `A budget file` {
    private func limits(_ text: String) throws -> [Budget.Limit] { try Budget.parse(Array(text.utf8)).limits }

    private static let whole = """
        {
          // what every process may hold
          "limits": [
            { "process": "service*", "at": "exit", "heap.retained": "8 MiB", "rss": "300 MiB" },
            { "at": "peak", "fragmentation": 0.2 },
            { "between": ["warm", "done"], "growth": { "live": "1 MiB", "per": 1000 } },
            { "repeated": "iteration", "live": "0 B" },   /* a slope */
            { "at": "exit", "leaked": "0 B" },
            { "at": "mark#2", "site": "cache::put", "bytes": "4 MiB", "blocks": 1000 }
          ],
          "tolerance": { "heap.live": "256 KiB" },
          "suppress": ["leak:pattern"]
        }
        """

    @Test func `says each limit with its line`() throws {
        let budget = try Budget.parse(Array(Self.whole.utf8))
        let service = Glob("service*")
        let exit = MomentName(.end)
        let expected: [Budget.Limit] = [
            .init(line: 4, process: service, test: .quantity(.row(.heapRetained), at: exit, .absolute(8_388_608))),
            .init(line: 4, process: service, test: .quantity(.rss, at: exit, .absolute(314_572_800))),
            .init(line: 5, test: .quantity(.fragmentation, at: MomentName(.peak), .absolute(0.2))),
            .init(
                line: 6,
                test: .growth(
                    .live, from: MomentName(.mark("warm")), to: MomentName(.mark("done")), per: 1000,
                    .absolute(1_048_576))),
            .init(line: 7, test: .slope(.live, mark: "iteration", .absolute(0))),
            .init(line: 8, test: .quantity(.leaked, at: exit, .absolute(0))),
            .init(
                line: 9,
                test: .site(
                    Suppression("cache::put"), .bytes, at: MomentName(.mark("mark"), occurrence: 2),
                    .absolute(4_194_304))),
            .init(
                line: 9,
                test: .site(
                    Suppression("cache::put"), .blocks, at: MomentName(.mark("mark"), occurrence: 2), .absolute(1000))),
        ]
        #expect(budget.limits == expected)
        #expect(budget.tolerances == [.row(.heapLive): 262_144])
        #expect(budget.suppressions == [Suppression("pattern")])
    }

    @Test(arguments: Quantity.all)
    func `limits every quantity by its name`(quantity: Quantity) throws {
        let bound = quantity.unit == .bytes ? "\"1 B\"" : "1"
        let limits = try limits("{\"limits\": [{\"\(quantity.name)\": \(bound)}]}")
        #expect(limits.map(\.test) == [.quantity(quantity, at: MomentName(.end), .absolute(1))])
    }

    private static let sizes: [(String, Int)] = [
        ("24 MiB", 25_165_824), ("1.5 GB", 1_500_000_000), ("0 B", 0), ("10KB", 10_000), ("10kib", 10_240),
        ("  2   TiB ", 2_199_023_255_552), ("1024 PiB", 1 << 60), ("0.5 B", 1), ("7 pb", 7_000_000_000_000_000),
    ]

    @Test(arguments: sizes)
    func `takes a size`(text: String, size: Int) throws {
        #expect(sizeInBytes(text) == Double(size))
        #expect(try limits("{\"limits\": [{\"rss\": \"\(text)\"}]}").first?.bound == .absolute(Double(size)))
    }

    @Test(arguments: [
        "", "MiB", "1", "1 M", "1..5 MiB", ".5 MiB", "1. MiB", "1e3 B", "0x10 B", "1025 PiB", "1 MiB x", "∞ B",
    ])
    func `refuses what is no size`(text: String) {
        #expect(sizeInBytes(text) == nil)
    }

    private static let bounds: [(String, Bound)] = [
        ("\"10%\"", Bound.shareOfRSS(0.1)), ("\"12.5 %\"", .shareOfRSS(0.125)), ("\"+5%\"", .shareAbove(0.05)),
        ("\"+1 MiB\"", .above(1_048_576)), ("\" + 2 KiB\"", .above(2048)),
    ]

    @Test(arguments: bounds)
    func `takes shares and what comes on top of a baseline`(text: String, bound: Bound) throws {
        #expect(try limits("{\"limits\": [{\"live\": \(text)}]}").first?.bound == bound)
    }

    private static let refused: [(String, Int, String)] = [
        (
            "{\n\"limits\": [\n{\"at\": \"exit\",\n\"heap.retaind\": \"8 MiB\"}]}", 4,
            "unknown quantity 'heap.retaind'; did you mean 'heap.retained'?"
        ),
        ("{\n\"limit\": []}", 2, "unknown key 'limit'; did you mean 'limits'?"),
        ("{\n\"colour\": []}", 2, "unknown key 'colour'"),
        (
            "{\"limits\": [{\"proces\": \"x\", \"rss\": \"1 MiB\"}]}", 1,
            "unknown quantity 'proces'; did you mean 'process'?"
        ),
        ("{\"limits\": [\n{\"rss\": \"8 MeB\"}]}", 2, "'8 MeB' is no limit; write a size"),
        ("{\"limits\": [\n\n{\"rss\": 8388608}]}", 3, "8388608 has no unit; write \"8388608 B\""),
        ("{\"limits\": [{\"rss\": \"-5 MiB\"}]}", 1, "'-5 MiB' is negative"),
        ("{\"limits\": [{\"rss\": \"120%\"}]}", 1, "'120%' is no limit"),
        ("{\"limits\": [{\"rss\": \"9999 PiB\"}]}", 1, "'9999 PiB' is no limit"),
        ("{\"limits\": [{\"fragmentation\":\n 1.5}]}", 2, "1.5 is out of range; write a share from 0 to 1"),
        ("{\"limits\": [{\"fragmentation\": \"20%\"}]}", 1, "'20%' is no limit; write a share"),
        ("{\"limits\": [{\"live-blocks\": -1}]}", 1, "-1.0 is out of range"),
        ("{\"limits\": [{\"live-blocks\": 1.5}]}", 1, "a number stands where a number of blocks"),
        ("{\"limits\": [{\"rss\": true}]}", 1, "a truth value stands where a size"),
        ("{\"limits\": [\n{}]}", 2, "it limits nothing"),
        ("{\"limits\": [\n{\"at\": \"exit\"}]}", 2, "it limits nothing"),
        ("{\"limits\": [{\"at\": \"\", \"rss\": \"1 B\"}]}", 1, "it names no moment"),
        ("{\"limits\": [{\"at\": 3, \"rss\": \"1 B\"}]}", 1, "a number stands where a text should"),
        (
            "{\"limits\": [{\"at\": \"exit\", \"repeated\": \"i\", \"live\": \"0 B\"}]}", 1,
            "'at', 'between' and 'repeated' exclude one another"
        ),
        (
            "{\"limits\": [{\"repeated\": \"i\", \"site\": \"f\", \"bytes\": \"0 B\"}]}", 1,
            "a 'site' is limited 'at' a moment"
        ),
        ("{\"limits\": [{\"between\": [\"a\", \"b\"], \"live\": \"0 B\"}]}", 1, "'between' and 'growth' go together"),
        ("{\"limits\": [{\"growth\": {\"live\": \"0 B\"}}]}", 1, "'between' and 'growth' go together"),
        ("{\"limits\": [{\"between\": [\"a\"], \"growth\": {\"live\": \"0 B\"}}]}", 1, "'between' takes two moments"),
        (
            "{\"limits\": [{\"between\": [\"a\", \"b\"],\n\"growth\": {\"live\": \"0 B\", \"per\": 0}}]}", 2,
            "0.0 is out of range; write how many iterations"
        ),
        ("{\"limits\": [{\"between\": [\"a\", \"b\"], \"growth\": {\"live\": \"+5%\"}}]}", 1, "'+5%' is relative"),
        (
            "{\"limits\": [{\"between\": [\"a\", \"b\"], \"growth\": {\"live\": \"5%\"}}]}", 1,
            "growth has a limit of its own"
        ),
        ("{\"limits\": [{\"between\": [\"a\", \"b\"], \"growth\": {\"per\": 2}}]}", 1, "it limits nothing"),
        (
            "{\"limits\": [{\"between\": [\"a\", \"b\"], \"growth\": {\"live\": \"1 B\"},\n\"rss\": \"1 B\"}]}", 2,
            "'rss' goes into 'growth'"
        ),
        ("{\"limits\": [{\"repeated\": \"i\", \"fragmentation\": 0.1}]}", 1, "'repeated' limits sizes or blocks"),
        ("{\"limits\": [{\"site\": \"f\", \"live\": \"1 B\"}]}", 1, "a site has 'bytes' and 'blocks', not 'live'"),
        ("{\"limits\": [{\"site\": \"\", \"bytes\": \"1 B\"}]}", 1, "it is empty"),
        ("{\"limits\": [{\"bytes\": \"1 B\"}]}", 1, "'bytes' is of a site"),
        ("{\"limits\": [{\"process\": \"\", \"rss\": \"1 B\"}]}", 1, "it is empty; write a pattern"),
        ("{\"tolerance\": {\n\"heap.live\": \"5\"}}", 2, "'5' is no size"),
        ("{\"tolerance\": {\n\"heap.alive\": \"5 B\"}}", 2, "unknown quantity 'heap.alive'; did you mean 'heap.live'?"),
        ("{\"suppress\": [\"leak:a\",\n\"race:b\"]}", 2, "'race:b' is no suppression; write \"leak:pattern\""),
        ("[]", 1, "an array stands where an object should"),
        ("{\"limits\": [\n{\"rss\": \"1 B\",}]}", 2, "it is no JSON"),
        ("", 1, "it is no JSON"),
    ]

    /// Each with its line, and what to do.
    @Test(arguments: refused)
    func `is refused with its line and a word on what to write`(text: String, line: Int, reason: String) {
        do {
            _ = try Budget.parse(Array(text.utf8))
            Issue.record("it was taken: \(text)")
        } catch {
            #expect(error.line == line, "\(error)")
            #expect(error.reason.hasPrefix(reason), "\(error)")
        }
    }

    @Test func `of arbitrary bytes never traps`() {
        var randomness = Randomness(seed: 7)
        let pieces = Array(Self.whole)
        for _ in 0..<3000 {
            var text = pieces
            for _ in 0..<Int.random(in: 1...8, using: &randomness) {
                let place = Int.random(in: 0..<text.count, using: &randomness)
                text[place] = pieces.randomElement(using: &randomness)!
            }
            _ = try? Budget.parse(Array(String(text).utf8))
        }
    }
}

@Suite struct `A glob` {
    private static let globs: [(String, String, Bool)] = [
        ("*", "", true), ("*", "anything at all", true), ("service*", "service-7", true),
        ("service*", "myservice", false),
        ("*.py", "main.py", true), ("ma?n.py", "main.py", true), ("ma?n.py", "man.py", false), ("", "", true),
        ("", "x", false), ("a*b*c", "aXXbYYc", true), ("a*b*c", "acb", false), ("*aab", "aaaab", true),
        ("?", "é", true),
    ]

    @Test(arguments: globs)
    func `matches as a shell's does`(pattern: String, text: String, matches: Bool) {
        #expect(Glob(pattern).matches(text) == matches)
    }

    @Test func `takes no time that doubles with an asterisk`() {
        let pattern = String(repeating: "*a", count: 60) + "b"
        #expect(!Glob(pattern).matches(String(repeating: "a", count: 10_000)))
    }
}
