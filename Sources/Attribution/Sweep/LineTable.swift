import MemoryModel

/// What a line of maps holds, by its name and its permissions alone.
enum LineKind: Hashable {
    case observer
    case kernel
    case mainStack
    case shared
    /// A private mapping of shared memory.
    case sharedCopy
    case file
    case anonymous
}

/// One line of maps, in granules.
struct Line {
    var granules: Granules
    var kind: LineKind
    var isReadableAndWritable: Bool
    /// Whether it is part of a module: a file that has an executable line somewhere.
    var isModule: Bool
    /// Whether it is `[heap]`, the brk area.
    var isBrkHeap: Bool
}

/// The lines of maps, ascending and disjoint.
struct LineTable {
    private(set) var lines: [Line] = []

    init(_ mappings: [Mapping], observerLibrary: String) {
        let modules = Set(mappings.lazy.filter { $0.permissions.contains(.execute) && $0.isNamedFile }.map(\.name))
        lines.reserveCapacity(mappings.count)
        var position: UInt64 = 0
        for mapping in mappings {
            let granules = mapping.range.granules
            let low = max(granules.lowerBound, position)
            guard low < granules.upperBound else { continue }
            position = granules.upperBound
            lines.append(
                Line(
                    granules: low..<granules.upperBound,
                    kind: mapping.kind(observerLibrary: observerLibrary),
                    isReadableAndWritable: mapping.permissions.isSuperset(of: [.read, .write]),
                    isModule: mapping.isNamedFile && modules.contains(mapping.name),
                    isBrkHeap: mapping.name == "[heap]"))
        }
    }

    /// The index of the line that holds a granule.
    func index(of granule: UInt64) -> Int? {
        let index = lines.partitioningIndex { $0.granules.upperBound <= granule }
        return index < lines.count && lines[index].granules.contains(granule) ? index : nil
    }
}

extension Mapping {
    /// Whether maps names a file. Anonymous areas have no name or one in brackets.
    fileprivate var isNamedFile: Bool { !name.isEmpty && !name.hasPrefix("[") }

    /// The order of the questions is the order of precedence.
    fileprivate func kind(observerLibrary: String) -> LineKind {
        if isObserver(library: observerLibrary) { return .observer }
        if isMainStack { return .mainStack }
        if isShared { return permissions.contains(.shared) ? .shared : .sharedCopy }
        if isAnonymous { return .anonymous }
        return isKernel ? .kernel : .file
    }
}
