/// The processes of two recordings that are the same one: by the name of the program, and of several with one name the
/// first with the first, in the order in which they were seen.
package struct ProcessPairs: Sendable {
    package var pairs: [(before: RecordedProcess, after: RecordedProcess)] = []
    package var onlyBefore: [RecordedProcess] = []
    package var onlyAfter: [RecordedProcess] = []

    /// These two, whatever they are called.
    package init(pair: (RecordedProcess, RecordedProcess)) { pairs = [pair] }

    package init(from before: [RecordedProcess], to after: [RecordedProcess]) {
        var candidates = Dictionary(grouping: after, by: \.program).mapValues { $0[...] }
        var taken: Set<Int> = []
        for process in before {
            guard let partner = candidates[process.program]?.popFirst() else {
                onlyBefore.append(process)
                continue
            }
            taken.insert(partner.index)
            pairs.append((process, partner))
        }
        onlyAfter = after.filter { !taken.contains($0.index) }
    }
}

extension RecordedProcess {
    /// The name of the program, without its folder.
    package var program: String { command.first?.split(separator: "/").last.map(String.init) ?? "" }
}
