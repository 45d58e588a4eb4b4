import MemoryModel

/// The stacks of a profile, merged from the outermost frame on.
///
/// Calls of one function are one node whatever line they are made from; where the stack ends, the line tells nodes
/// apart, as it is the allocation itself.
struct FlameTree {
    /// What a node shows.
    struct Label: Hashable {
        var name: String
        /// What stands in the graph.
        var short: String
        var file = ""
        /// What it is coloured by.
        var module = ""

        init(_ name: String) {
            self.name = name
            short = name
        }

        init(_ frame: Frame) {
            name = frame.name
            short = frame.shortName
            file = frame.file.tame
            module = frame.language == .python ? "Python" : frame.module.tame
        }
    }

    struct Node {
        /// Index into ``labels``.
        var label: Int
        /// `nil`: not known, or more than one.
        var line: Int?
        var values = Profile.Values()
        /// In the order in which they were first seen.
        var children: [Int] = []
    }

    private struct Edge: Hashable {
        var parent: Int
        var label: Int
        /// `nil` where lines are not told apart.
        var leafLine: Int?
        var isLeaf: Bool
    }

    private(set) var labels = Interned<Label>()
    /// The root is the first one.
    private(set) var nodes: [Node]
    private var edges: [Edge: Int] = [:]

    init(_ profile: Profile) {
        nodes = [Node(label: labels.index(of: Label("all")))]
        for sample in profile.samples { add(sample) }
    }

    private mutating func add(_ sample: Profile.Sample) {
        nodes[0].values.add(sample.values)
        var node = 0
        if let tag = sample.tag {
            node = child(of: node, Label("[\(tag.tame)]"), line: nil, isLeaf: false)
            nodes[node].values.add(sample.values)
        }
        let frames = sample.shownFrames
        for (index, frame) in frames.enumerated().reversed() {
            node = child(of: node, Label(frame), line: frame.line, isLeaf: index == 0)
            nodes[node].values.add(sample.values)
        }
    }

    private mutating func child(of parent: Int, _ label: Label, line: Int?, isLeaf: Bool) -> Int {
        let label = labels.index(of: label)
        let edge = Edge(parent: parent, label: label, leafLine: isLeaf ? line : nil, isLeaf: isLeaf)
        if let index = edges[edge] {
            if nodes[index].line != line { nodes[index].line = nil }
            return index
        }
        edges[edge] = nodes.count
        nodes[parent].children.append(nodes.count)
        nodes.append(Node(label: label, line: line))
        return nodes.count - 1
    }

    /// Depth first, parents before their children.
    func forEachNode(_ body: (_ node: Node, _ depth: Int) -> Void) {
        var pending = [(index: 0, depth: 0)]
        while let (index, depth) = pending.popLast() {
            body(nodes[index], depth)
            pending += nodes[index].children.reversed().map { ($0, depth + 1) }
        }
    }
}
