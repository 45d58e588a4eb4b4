internal import MemoryModel
internal import Segment

/// CPython frame → function, file and line.
struct PythonFrameNames {
    private var names: [SegmentSamples.PythonFrame: Frame] = [:]

    /// Bytes of line tables that are read: any number of code objects may claim the same long one.
    private static let mostTableBytes = 256 << 20

    init(_ wanted: Set<SegmentSamples.PythonFrame>, in samples: SegmentSamples) {
        let ordered = wanted.filter { $0.code != nil }.sorted { ($0.code!, $0.offset) < ($1.code!, $1.offset) }
        var rest = ordered[...]
        var budget = Self.mostTableBytes
        while let index = rest.first?.code {
            let group = rest.prefix { $0.code == index }
            rest = rest.dropFirst(group.count)
            guard let code = samples.codes[index] else { continue }
            let table = samples.lineTable(of: code)
            budget -= table.count
            let lines = PythonLines.lines(
                at: group.map(\.offset), table: budget >= 0 ? table : [], first: code.firstLine)
            for (frame, line) in zip(group, lines) {
                names[frame] = Frame(function: code.name, file: code.file, line: line, language: .python)
            }
        }
    }

    /// `nil`: nothing is known of its code.
    subscript(frame: SegmentSamples.PythonFrame) -> Frame? { names[frame] }
}
