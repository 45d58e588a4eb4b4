package import JSONText
import MemoryModel

extension Budget {
    /// Reads a budget file: JSON, in which `//` and `/* */` are comments.
    ///
    /// - Throws: with the line, and what to write instead.
    package static func parse(_ text: [UInt8]) throws(JSONError) -> Budget {
        let root = try JSONNode.parse(text, comments: true)
        var budget = Budget()
        for (key, value) in try root.object() {
            switch key.name {
            case "limits":
                for entry in try value.array() { budget.limits += try LimitReader(entry).limits() }
            case "tolerance": try budget.readTolerances(value)
            case "ignore":
                budget.ignored += try value.array().map { node throws(JSONError) in
                    Glob(try node.text("a pattern such as \"helper*\""))
                }
            case "suppress": budget.suppressions += try suppressions(value)
            default:
                let known = ["limits", "tolerance", "ignore", "suppress"]
                throw JSONError(
                    line: key.line, "unknown key '\(key.name.prefix(64))'" + suggestion(for: key.name, among: known))
            }
        }
        return budget
    }

    private mutating func readTolerances(_ node: JSONNode) throws(JSONError) {
        for (key, value) in try node.object() {
            let quantity = try Quantity(key)
            switch quantity.unit {
            case .bytes: tolerances[quantity] = try value.size()
            case .blocks: tolerances[quantity] = try value.number(in: 0...1e15, "a number of blocks")
            case .share: tolerances[quantity] = try value.number(in: 0...1, "a share from 0 to 1")
            }
        }
    }

    private static func suppressions(_ node: JSONNode) throws(JSONError) -> [Suppression] {
        var found: [Suppression] = []
        for item in try node.array() {
            let text = try item.string()
            do {
                found += try Suppression.parse(text)
            } catch {
                throw JSONError(line: item.line, "'\(text.prefix(64))' is no suppression; write \"leak:pattern\"")
            }
        }
        return found
    }
}

extension Quantity {
    fileprivate init(_ key: JSONKey) throws(JSONError) {
        guard let quantity = Quantity(key.name) else {
            throw JSONError(
                line: key.line,
                "unknown quantity '\(key.name.prefix(64))'" + suggestion(for: key.name, among: Quantity.all.map(\.name))
            )
        }
        self = quantity
    }
}

/// One entry of `limits`.
private struct LimitReader {
    private let entry: JSONNode
    private var process: Glob?
    private var at: MomentName?
    private var between: (MomentName, MomentName)?
    private var repeated: String?
    private var growth: JSONNode?
    private var site: Suppression?
    /// What is limited, in the order of the file.
    private var figures: [(key: JSONKey, value: JSONNode)] = []

    private static let words = ["process", "at", "between", "repeated", "growth", "site", "bytes", "blocks"]

    init(_ entry: JSONNode) throws(JSONError) {
        self.entry = entry
        for (key, value) in try entry.object() {
            switch key.name {
            case "process": process = Glob(try value.text("a pattern such as \"service*\""))
            case "at": at = try MomentName(value)
            case "between":
                let marks = try value.array()
                guard marks.count == 2 else {
                    throw JSONError(line: value.line, "'between' takes two moments, as [\"warm\", \"done\"]")
                }
                between = (try MomentName(marks[0]), try MomentName(marks[1]))
            case "repeated": repeated = try value.text("the name of a mark")
            case "growth": growth = value
            case "site": site = Suppression(try value.text("a pattern such as \"cache::put\""))
            default: figures.append((key, value))
            }
        }
    }

    func limits() throws(JSONError) -> [Budget.Limit] {
        guard [at != nil, between != nil, repeated != nil].count(where: { $0 }) <= 1 else {
            throw JSONError(line: entry.line, "'at', 'between' and 'repeated' exclude one another; make it two entries")
        }
        guard site == nil || (repeated == nil && between == nil) else {
            throw JSONError(
                line: entry.line, "a 'site' is limited 'at' a moment; make 'between' or 'repeated' another entry")
        }
        guard (between == nil) == (growth == nil) else {
            throw JSONError(line: entry.line, "'between' and 'growth' go together, as in Gate.md's example")
        }
        let limits = try tests().map { Budget.Limit(line: $0.line, process: process, test: $0.test) }
        guard !limits.isEmpty else {
            throw JSONError(line: entry.line, "it limits nothing; add a quantity such as \"heap.retained\": \"8 MiB\"")
        }
        return limits
    }

    private typealias Tests = [(line: Int, test: Budget.Limit.Test)]

    private func tests() throws(JSONError) -> Tests {
        if let growth, let between {
            if let stray = figures.first {
                throw JSONError(line: stray.key.line, "'\(stray.key.name.prefix(64))' goes into 'growth'")
            }
            return try tests(growth, from: between.0, to: between.1)
        }
        var tests: Tests = []
        for (key, value) in figures {
            if let site {
                let unit = try siteUnit(key)
                let bound = try Bound(value, of: unit, canBeRelative: false)
                tests.append((key.line, .site(site, unit, at: at ?? MomentName(.end), bound)))
                continue
            }
            let quantity = try quantity(key)
            if let repeated {
                let bound = try Bound(value, of: quantity.unit, canBeRelative: false)
                guard case .absolute = bound, quantity.unit != .share, quantity != .leaked else {
                    throw JSONError(
                        line: key.line, "'repeated' limits sizes or blocks a mark, such as \"live\": \"0 B\"")
                }
                tests.append((key.line, .slope(quantity, mark: repeated, bound)))
            } else {
                tests.append(
                    (key.line, .quantity(quantity, at: at ?? MomentName(.end), try Bound(value, of: quantity.unit))))
            }
        }
        return tests
    }

    private func tests(_ growth: JSONNode, from: MomentName, to: MomentName) throws(JSONError) -> Tests {
        let per = try growth["per"].map { node throws(JSONError) in
            try node.number(in: 1...1e15, "how many iterations lie between, from 1 on")
        }
        var tests: Tests = []
        for (key, value) in try growth.object() where key.name != "per" {
            let quantity = try quantity(key)
            let bound = try Bound(value, of: quantity.unit, canBeRelative: false)
            guard case .absolute = bound else {
                throw JSONError(line: value.line, "growth has a limit of its own, such as \"1 MiB\"")
            }
            tests.append((key.line, .growth(quantity, from: from, to: to, per: Int(per ?? 1), bound)))
        }
        return tests
    }

    private func siteUnit(_ key: JSONKey) throws(JSONError) -> Quantity.Unit {
        guard let unit = Quantity.Unit(rawValue: key.name), unit != .share else {
            throw JSONError(
                line: key.line, "a site has 'bytes' and 'blocks', not '\(key.name.prefix(64))'; make it two entries")
        }
        return unit
    }

    private func quantity(_ key: JSONKey) throws(JSONError) -> Quantity {
        if ["bytes", "blocks"].contains(key.name) {
            throw JSONError(line: key.line, "'\(key.name)' is of a site; say which: \"site\": \"cache::put\"")
        }
        guard let quantity = Quantity(key.name) else {
            let known = Quantity.all.map(\.name) + Self.words
            throw JSONError(
                line: key.line,
                "unknown quantity '\(key.name.prefix(64))'" + suggestion(for: key.name, among: known))
        }
        return quantity
    }
}

extension MomentName {
    fileprivate init(_ node: JSONNode) throws(JSONError) {
        guard let name = MomentName(try node.string()) else {
            throw JSONError(line: node.line, "it names no moment; write \"exit\", \"peak\" or the name of a mark")
        }
        self = name
    }
}

extension JSONNode {
    /// A text with something in it.
    fileprivate func text(_ wanted: String) throws(JSONError) -> String {
        let text = try string()
        guard !text.isEmpty else { throw JSONError(line: line, "it is empty; write \(wanted)") }
        return text
    }
}
