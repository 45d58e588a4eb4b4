import MemoryModel

/// The rows, page by page.
extension PartitionModel {
    struct Rows {
        var resident: [Cause: ByteCount] = [:]
        var swap: [Cause: ByteCount] = [:]
        var owners: [String: ByteCount] = [:]
        var untouched: ByteCount = 0
    }

    func rows() -> Rows {
        var rows = Rows()
        let stacks = stackPages()
        for (page, state) in states.enumerated() {
            for (cause, count, owner) in shares(of: UInt64(page), state, stacks) where count > 0 {
                switch state {
                case .anonymous, .file:
                    rows.resident[cause, default: 0] += ByteCount(count)
                    if let owner { rows.owners[owner, default: 0] += ByteCount(count) }
                case .swapped: rows.swap[cause, default: 0] += ByteCount(count)
                case nil: if cause == .heapLive { rows.untouched += ByteCount(count) }
                }
            }
        }
        return rows
    }

    private func role(_ page: UInt64) -> Role {
        segments.first { $0.first <= page && page < $0.end }?.role ?? .nothing
    }

    private func lineIndex(_ page: UInt64) -> Int? {
        lines.firstIndex { $0.range.contains(Address(page * 4096)) }
    }

    private func isAnonymous(_ line: Mapping) -> Bool {
        ["[heap]", "[anon:x]"].contains(line.name) || (line.name.isEmpty && !line.permissions.contains(.shared))
    }

    private func liveBytes(_ page: UInt64) -> Int {
        let here = range(page, page + 1)
        return min(4096, (live[page] ?? 0) + blocks.reduce(0) { $0 + $1.intersection(here).count.rawValue })
    }

    private func shares(
        of page: UInt64, _ state: ResidencyRun.State?, _ stacks: Set<UInt64>
    ) -> [(Cause, Int, owner: String?)] {
        if role(page) == .observer, lineIndex(page) != nil { return [(.silt, 4096, nil)] }
        guard let index = lineIndex(page) else { return [(.unexplained, 4096, nil)] }
        let line = lines[index]
        guard isAnonymous(line) else { return [(namedCause(line, state), 4096, nil)] }
        let live = liveBytes(page)
        var rest: (Cause, String?)
        if isMainHeap(page) {
            rest = live > 0 ? (.heapFragmented, nil) : (returns(page) ? .heapRetained : .heapKept, nil)
        } else if case .heap = role(page) {
            rest = live > 0 ? (.heapFragmented, nil) : (returns(page) ? .heapRetained : .heapKept, nil)
        } else if stacks.contains(page) {
            rest = (live > 0 ? .heapFragmented : .stacks, nil)
        } else if case .own(let owner) = role(page) {
            rest = (.mappings, owner)
        } else {
            rest = (live > 0 ? .heapFragmented : isModuleArea(index) ? .moduleData : .unexplained, nil)
        }
        return [(.heapLive, live, nil), (rest.0, 4096 - live, rest.1)]
    }

    private func namedCause(_ line: Mapping, _ state: ResidencyRun.State?) -> Cause {
        if line.name == "/opt/libsilt.so" { return .silt }
        if line.name == "[vdso]" { return .kernel }
        if line.name == "[stack]" { return .stacks }
        let isShared = ["/dev/shm/x", "/memfd:x", ""].contains(line.name)
        if isShared && line.permissions.contains(.shared) { return .shared }
        return state == .file ? (isShared ? .shared : .files) : .moduleData
    }

    private func isModuleArea(_ index: Int) -> Bool {
        guard lines[index].name != "[heap]" else { return false }
        if let main = mainThreadPointer, lines[index].range.contains(main) { return true }
        let neighbours = lines.filter {
            $0.range.end == lines[index].range.start || $0.range.start == lines[index].range.end
        }
        return neighbours.contains { neighbour in
            neighbour.name.hasPrefix("/")
                && lines.contains { $0.name == neighbour.name && $0.permissions.contains(.execute) }
        }
    }

    /// Walks from each thread pointer's page down to its line's begin and up to the descriptor's end.
    private func stackPages() -> Set<UInt64> {
        var pages: Set<UInt64> = []
        for pointer in threadPointers where pointer != mainThreadPointer {
            let page = pointer.rawValue / 4096
            guard let index = lineIndex(page), isAnonymous(lines[index]), lines[index].name != "[heap]" else {
                continue
            }
            guard lines[index].permissions.isSuperset(of: [.read, .write]), !isHeapOrBlock(page) else { continue }
            let mine = segments.firstIndex { $0.first <= page && page < $0.end }
            func isMine(_ other: UInt64) -> Bool {
                guard lineIndex(other) == index, !isHeapOrBlock(other) else { return false }
                if case .own = role(page) { return segments.firstIndex { $0.first <= other && other < $0.end } == mine }
                if case .own = role(other) { return false }
                return true
            }
            var low = page
            while isMine(low - 1) { low -= 1 }
            var high = page + 1
            while high * 4096 < pointer.rawValue + 2304, isMine(high) { high += 1 }
            pages.formUnion(low..<high)
        }
        return pages
    }

    private func isHeapOrBlock(_ page: UInt64) -> Bool {
        if case .heap = role(page) { return true }
        return isMainHeap(page) || blocks.contains { $0.intersection(range(page, page + 1)).count > 0 }
    }

    private func isMainHeap(_ page: UInt64) -> Bool {
        role(page) == .mainHeap || lineIndex(page).map { lines[$0].name == "[heap]" } ?? false
    }
}
