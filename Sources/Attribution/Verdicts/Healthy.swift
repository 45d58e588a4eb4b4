import MemoryModel

/// `healthy`: little is wasted. The verdict's bytes are the little that is.
extension Evidence {
    var healthyVerdict: Verdict {
        let largest = rows.enumerated()
            .filter { $0.element.bytes > 0 }
            .sorted { ($1.element.bytes, $0.offset) < ($0.element.bytes, $1.offset) }
            .prefix(3)
            .map { "\($0.element.bytes.text) \(Self.name($0.element.cause))" }
        let parts = largest.isEmpty ? "nothing" : largest.joined(separator: ", ")
        return verdict(
            .healthy, waste,
            "Little is wasted: RSS is \(rss.text), most of it \(parts); \(waste.text) are free heap.", [])
    }

    private static func name(_ cause: Cause) -> String {
        switch cause {
        case .heapLive: "live heap"
        case .heapRetained, .heapKept: "free heap pages"
        case .heapFragmented: "free bytes between live blocks"
        case .mappings: "the program's own mappings"
        case .stacks: "stacks"
        case .shared: "shared memory"
        case .moduleData: "data of modules"
        case .files: "mapped files"
        case .silt: "silt itself"
        case .kernel: "the kernel's mappings"
        case .unexplained: "unexplained"
        }
    }
}
