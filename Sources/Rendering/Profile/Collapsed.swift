package import MemoryModel

extension Profile {
    /// Collapsed stacks: a line for each stack, `outermost;…;innermost VALUE`, as flamegraph.pl and most viewers read.
    ///
    /// The format has no escapes (flamegraph.pl splits at every `;`, and takes what follows the last space for the
    /// value): a semicolon in a name becomes a colon. A tag is the outermost frame, in brackets. Stacks of the value 0 are left
    /// out.
    package func collapsed(_ quantity: Quantity) -> String {
        var text = ""
        for sample in samples {
            let value = sample.values.rounded(quantity)
            guard value > 0 else { continue }
            let tag = sample.tag.map { ["[\($0.tame)]"] } ?? []
            let names = tag + sample.shownFrames.reversed().map(\.name)
            text += names.map { $0.replacingSemicolons }.joined(separator: ";") + " \(value)\n"
        }
        return text
    }
}

extension String {
    fileprivate var replacingSemicolons: String { String(map { $0 == ";" ? ":" : $0 }) }
}
