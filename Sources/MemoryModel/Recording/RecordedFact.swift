/// One thing about the machine or the environment of a recording.
package struct RecordedFact: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A fact that is not what it was.
package struct FactDifference: Hashable, Sendable {
    package var name: String
    /// `nil` where it was not set.
    package var before: String?
    package var now: String?

    package init(_ name: String, before: String?, now: String?) {
        self.name = name
        self.before = before
        self.now = now
    }
}

/// What is another, is missing or has come.
package func differences(from before: [RecordedFact], to now: [RecordedFact]) -> [FactDifference] {
    func value(_ name: String, _ facts: [RecordedFact]) -> String? { facts.first { $0.name == name }?.value }
    var names: [String] = []
    for fact in before + now where !names.contains(fact.name) { names.append(fact.name) }
    return names.compactMap { name in
        let (earlier, later) = (value(name, before), value(name, now))
        return earlier == later ? nil : FactDifference(name, before: earlier, now: later)
    }
}
