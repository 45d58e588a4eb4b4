import JSONText
import MemoryModel

/// Members of an object, checked: whatever comes out can be added up, divided and printed.
///
/// The addresses of a process end at 2^47 (Linux, Documentation/arch/x86/x86_64/mm.rst), so no true figure is larger;
/// and a sum over ``itemsAtMost`` of them stays below 2^62.
extension JSONNode {
    static let most = 1 << 47
    static let itemsAtMost = 1 << 15

    /// Bytes or a count, never negative.
    func amount(_ key: String) throws(JSONError) -> Int {
        let node = try required(key)
        let value = try node.integer()
        guard 0...Self.most ~= value else { throw node.implausible(key) }
        return value
    }

    /// `nil` where it is `null` or missing.
    func amountIfAny(_ key: String) throws(JSONError) -> Int? { self[key] == nil ? nil : try amount(key) }

    /// A difference or an estimate: of either sign.
    func signed(_ key: String) throws(JSONError) -> Int {
        let node = try required(key)
        let value = try node.integer()
        guard -Self.most...Self.most ~= value else { throw node.implausible(key) }
        return value
    }

    func bytes(_ key: String) throws(JSONError) -> ByteCount { ByteCount(try amount(key)) }

    func bytesIfAny(_ key: String) throws(JSONError) -> ByteCount? { self[key] == nil ? nil : try bytes(key) }

    func signedBytes(_ key: String) throws(JSONError) -> ByteCount { ByteCount(try signed(key)) }

    func signedBytesIfAny(_ key: String) throws(JSONError) -> ByteCount? {
        self[key] == nil ? nil : ByteCount(try signed(key))
    }

    /// Seconds, a share or a rate.
    func figure(_ key: String) throws(JSONError) -> Double {
        let node = try required(key)
        let value = try node.number()
        guard -1e15...1e15 ~= value else { throw node.implausible(key) }
        return value
    }

    func figureIfAny(_ key: String) throws(JSONError) -> Double? { self[key] == nil ? nil : try figure(key) }

    func text(_ key: String) throws(JSONError) -> String { try required(key).string() }

    /// Empty where it is `null` or missing.
    func textIfAny(_ key: String) throws(JSONError) -> String { try self[key]?.string() ?? "" }

    func truth(_ key: String) throws(JSONError) -> Bool { try required(key).bool() }

    /// Empty where it is `null` or missing.
    func list(_ key: String) throws(JSONError) -> [JSONNode] {
        guard let node = self[key] else { return [] }
        let items = try node.array()
        guard items.count <= Self.itemsAtMost else {
            throw JSONError(line: node.line, "'\(key)' has more than \(Self.itemsAtMost) items")
        }
        return items
    }

    func texts(_ key: String) throws(JSONError) -> [String] {
        try list(key).map { (node) throws(JSONError) in try node.string() }
    }

    /// Why something is less than complete: short, whoever wrote it.
    func identifiers(_ key: String) throws(JSONError) -> [String] {
        try texts(key).map { String($0.prefix(200)) }
    }

    /// An estimate and its error, of either sign and none.
    func estimate(_ key: String, error: String) throws(JSONError) -> Estimate {
        Estimate(try signed(key), error: try amount(error))
    }

    private func implausible(_ key: String) -> JSONError { JSONError(line: line, "'\(key)' is no plausible number") }
}
