package import JSONText
package import MemoryModel

extension Bound {
    /// A limit of a quantity, as a budget writes it.
    ///
    /// - Parameter canBeRelative: Whether a baseline has a figure that this may be relative to.
    package init(
        _ node: JSONNode, of unit: Quantity.Unit, canBeRelative: Bool = true
    ) throws(JSONError) {
        let node = node
        switch (unit, node.value) {
        case (.share, .integer), (.share, .number):
            self = .absolute(try node.number(in: 0...1, "a share from 0 to 1"))
        case (.blocks, .integer):
            self = .absolute(try node.number(in: 0...1e15, "a number of blocks"))
        case (_, .string(let text)):
            guard let bound = Bound(text, of: unit) else { throw Bound.unusable(text, unit, line: node.line) }
            guard canBeRelative || !bound.isRelative else {
                throw JSONError(line: node.line, "'\(text)' is relative, and a baseline has no such figure")
            }
            self = bound
        case (.bytes, .integer(let number)):
            throw JSONError(line: node.line, "\(number) has no unit; write \"\(number) B\", or \"8 MiB\"")
        default:
            throw JSONError(line: node.line, "\(node.kind) stands where \(unit.wanted) should")
        }
    }

    private init?(_ text: String, of unit: Quantity.Unit) {
        let trimmed = text.drop { $0 == " " }
        let isAbove = trimmed.first == "+"
        let figure = isAbove ? trimmed.dropFirst() : trimmed
        if let share = percentage(figure) {
            // More than ten times the baseline limits nothing; nothing has a larger part of RSS than all.
            guard share <= (isAbove ? 10 : 1) else { return nil }
            guard isAbove || unit == .bytes else { return nil }
            self = isAbove ? .shareAbove(share) : .shareOfRSS(share)
            return
        }
        let amount: Double?
        switch unit {
        case .bytes: amount = sizeInBytes(figure)
        case .blocks: amount = Int(figure).flatMap { $0 >= 0 && $0 <= 1_000_000_000_000_000 ? Double($0) : nil }
        case .share: amount = isAbove ? Double(figure).flatMap { (0...1).contains($0) ? $0 : nil } : nil
        }
        guard let amount else { return nil }
        self = isAbove ? .above(amount) : .absolute(amount)
    }

    private static func unusable(_ text: String, _ unit: Quantity.Unit, line: Int) -> JSONError {
        let text = String(text.prefix(64))
        if text.contains("-") { return JSONError(line: line, "'\(text)' is negative; write \(unit.wanted)") }
        return JSONError(line: line, "'\(text)' is no limit; write \(unit.wanted)")
    }
}

extension Quantity.Unit {
    fileprivate var wanted: String {
        switch self {
        case .bytes:
            "a size such as \"8 MiB\" (at most 1024 PiB), a share of RSS such as \"10%\", or \"+5%\" or \"+1 MiB\" more "
                + "than the baseline"
        case .blocks: "a number of blocks such as 1000, or \"+5%\" more than the baseline"
        case .share: "a share from 0 to 1 such as 0.2, or \"+5%\" more than the baseline"
        }
    }
}

extension JSONNode {
    func number(in range: ClosedRange<Double>, _ wanted: String) throws(JSONError) -> Double {
        let number = try number()
        guard range.contains(number) else {
            throw JSONError(line: line, "\(number) is out of range; write \(wanted)")
        }
        return number
    }

    /// A size without anything to compare it with.
    func size() throws(JSONError) -> Double {
        let text = try string()
        guard let bytes = sizeInBytes(text) else {
            throw JSONError(line: line, "'\(text.prefix(64))' is no size; write one such as \"256 KiB\"")
        }
        return bytes
    }
}
