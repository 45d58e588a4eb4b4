import JSONText
package import MemoryModel

extension Profile {
    /// speedscope's own format, a profile for each quantity.
    ///
    /// Its types are those of src/lib/file-format-spec.ts in github.com/jlfwong/speedscope. Stacks are outermost first
    /// there; a tag is the outermost frame.
    ///
    /// - Parameter shown: The profile that is open at first.
    package func speedscope(shown: Quantity = .space) -> String {
        var frames = Interned<SpeedscopeFrame>()
        let stacks = samples.map { sample in
            let tag = sample.tag.map { [SpeedscopeFrame(name: "[\($0.tame)]")] } ?? []
            return (tag + sample.shownFrames.reversed().map(SpeedscopeFrame.init)).map { frames.index(of: $0) }
        }
        let profiles = Quantity.allCases.map { quantity in
            let shown = samples.indices.filter { samples[$0].values.rounded(quantity) > 0 }
            let weights = shown.map { samples[$0].values.rounded(quantity) }
            return object(
                ("type", .string("sampled")),
                ("name", .string(quantity.rawValue)),
                ("unit", .string(quantity.isCount ? "none" : "bytes")),
                ("startValue", .integer(0)),
                ("endValue", .integer(weights.reduce(0, +))),
                ("samples", .array(shown.map { .array(stacks[$0].map(JSON.integer)) })),
                ("weights", .array(weights.map(JSON.integer))))
        }
        return object(
            ("$schema", .string("https://www.speedscope.app/file-format-schema.json")),
            ("version", .string("0.0.1")),
            ("name", .string("\(process.command.joined(separator: " ").tame) (pid \(process.pid))")),
            ("exporter", .string("silt")),
            ("activeProfileIndex", .integer(shown.index)),
            ("shared", object(("frames", .array(frames.values.map(\.json))))),
            ("profiles", .array(profiles))
        ).text(pretty: false) + "\n"
    }
}

private struct SpeedscopeFrame: Hashable {
    var name: String
    var file = ""
    var line: Int?

    init(name: String) { self.name = name }

    init(_ frame: Frame) {
        name = frame.name
        file = (frame.file.isEmpty ? frame.module : frame.file).tame
        line = frame.line
    }

    var json: JSON {
        var members = [JSON.Member("name", .string(name))]
        if !file.isEmpty { members.append(JSON.Member("file", .string(file))) }
        if let line { members.append(JSON.Member("line", .integer(line))) }
        return .object(members)
    }
}
