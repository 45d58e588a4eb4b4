import JSONText
package import MemoryModel

extension Profile {
    /// A flame graph as a page of HTML that needs nothing else: it works from a file, and no network.
    ///
    /// - Parameter shown: The value that is shown at first.
    package func flameGraph(shown: Quantity = .space) -> String {
        FlameGraphPage.page.text(title: "\(program) (pid \(process.pid))", data: data(shown: shown))
    }

    /// What the script draws: see `readTree` in flamegraph.js.
    private func data(shown: Quantity) -> JSON {
        let tree = FlameTree(self)
        var strings = Interned<String>()
        let frames = tree.labels.values.map { label in
            JSON.array(
                [label.name, label.short, label.file, label.module].map { .integer(strings.index(of: $0)) })
        }
        var nodes: [JSON] = []
        tree.forEachNode { node, depth in
            let values = FlameGraphPage.quantities.map { JSON.integer(node.values.rounded($0)) }
            nodes.append(.array([.integer(depth), .integer(node.label), .integer(node.line ?? 0)] + values))
        }
        let quantities = FlameGraphPage.quantities.map { quantity in
            object(
                ("name", .string(quantity.rawValue)), ("unit", .string(quantity.unit)),
                ("title", .string(quantity.title)), ("note", .string(quantity.note)))
        }
        return object(
            ("title", .string(program)),
            ("facts", .string(facts)),
            ("shown", .integer(FlameGraphPage.quantities.firstIndex(of: shown) ?? 0)),
            ("quantities", .array(quantities)),
            ("strings", .array(strings.values.map(JSON.string))),
            ("frames", .array(frames)),
            ("nodes", .array(nodes)))
    }

    /// The heading.
    private var program: String { process.command.isEmpty ? "unknown" : process.command.joined(separator: " ").tame }

    /// What stands below the heading.
    private var facts: String {
        let every = mean <= 1 ? "every allocation" : "one sample in \(ByteCount(mean).text)"
        let samples = sampleCount == 1 ? "1 sample" : "\(sampleCount) samples"
        let taken = time.map { [utcText(nanoseconds: $0)] } ?? []
        return (["pid \(process.pid)"] + taken + ["estimated from \(samples), \(every)"]).joined(separator: " · ")
    }
}

extension Profile.Quantity {
    /// The heading on the page.
    fileprivate var title: String {
        switch self {
        case .objects: "Blocks held"
        case .space: "Held"
        case .residentSpace: "Held and resident"
        case .retainedSpace: "Left behind"
        case .pinnedSpace: "Pinned"
        }
    }

    /// A sentence that explains it.
    fileprivate var note: String {
        switch self {
        case .objects: "How many blocks the program holds, by the code that allocated them."
        case .space: "What the program holds, resident or not, by the code that allocated it."
        case .residentSpace: "What the program holds on resident pages, by the code that allocated it."
        case .retainedSpace: "Freed bytes on pages that are resident still, by the code that had allocated them."
        case .pinnedSpace: "Free bytes on pages that cannot be given back, by the code whose blocks are in the way."
        }
    }
}
