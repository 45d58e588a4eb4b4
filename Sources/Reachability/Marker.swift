internal import CMark
package import MemoryModel

/// A conservative mark: which blocks do roots lead to?
///
/// Memory is read once, from low addresses to high ones, whatever leads where: of each block the edges to other blocks are
/// kept, and the mark follows those when the process already runs on. Where they are more than the budget, the blocks
/// without room for theirs are read once more as soon as the mark comes to them: ``needsMemory`` says whether it will.
///
/// The order of use: ``scanRoots(_:as:part:)`` for each kind of root, ``sweep(part:)``, ``spread()``. The parts of one step
/// may run at once, each once.
///
/// Unchecked: parts of a step change marks by atomic operations, and else only what is their own.
@safe package final class Marker: @unchecked Sendable {
    /// Reads memory: fills the buffer from `start` on as far as it can, and says how many bytes it filled.
    package typealias Reading = @Sendable (_ start: UInt64, _ buffer: inout MutableRawSpan) -> Int

    /// What leads to a block.
    package enum Root: Sendable {
        /// What the program can get at.
        case known
        /// Memory of the heap of which it is not known whether it is in use.
        case unknown

        fileprivate var bit: UInt8 {
            UInt8(self == .known ? CMARK_REACHED : CMARK_SUSPECTED)
        }
    }

    package static let parts = 2

    package let blocks: BlockTable
    private let written: [AddressRange]
    private let read: Reading
    private let marks: UnsafeMutablePointer<UInt8>
    /// Where the edges of each block begin, in those of its part.
    private let firsts: UnsafeMutablePointer<UInt32>
    private let edges: [EdgeList]
    private let windows: [Window]
    /// The first block of the second part.
    private let split: Int

    /// - Parameters:
    ///   - written: The memory that is read at all, ascending and disjoint.
    ///   - edgeBudget: How many edges are kept at most: four bytes each.
    package init(blocks: BlockTable, written: [AddressRange], edgeBudget: Int, read: @escaping Reading) {
        self.blocks = blocks
        self.written = written
        self.read = read
        unsafe marks = .allocate(capacity: max(1, blocks.count))
        unsafe marks.initialize(repeating: 0, count: blocks.count)
        unsafe firsts = .allocate(capacity: max(1, blocks.count))
        unsafe firsts.initialize(repeating: .max, count: blocks.count)
        edges = (0..<Self.parts).map { _ in EdgeList(capacity: min(edgeBudget / Self.parts, 1 << 30)) }
        windows = (0..<Self.parts).map { _ in Window() }
        split = Self.middle(blocks, written)
    }

    deinit {
        unsafe marks.deallocate()
        unsafe firsts.deallocate()
    }

    /// Bytes that could not be read. Roots may have been there.
    package var unreadable: Int { windows.reduce(0) { $0 + $1.unreadable } }

    // Roots -------------------------------------------------------------------------------------------------------

    /// Words that are at hand: registers.
    package func mark(words: [UInt64]) {
        var raw = unsafe blocks.raw
        unsafe words.withUnsafeBufferPointer {
            unsafe cmark_roots(&raw, $0.baseAddress, $0.count, marks, Root.known.bit, nil, nil)
        }
    }

    /// Blocks that are roots themselves, by what their group is known by.
    package func reach(where isRoot: (_ stack: UInt32) -> Bool) {
        for index in 0..<blocks.count where isRoot(unsafe blocks.stacks[index]) {
            unsafe marks[index] |= Root.known.bit
        }
    }

    /// One part of memory that is a root, but for what blocks lie in it.
    package func scanRoots(_ ranges: [AddressRange], as root: Root, part: Int) {
        var raw = unsafe blocks.raw
        let window = windows[part]
        var number = 0
        for range in ranges {
            forEachWindow(of: range) { start, end in
                defer { number += 1 }
                guard number % Self.parts == part else { return }
                var position = start
                while position < end {
                    window.fill(from: position, to: end, read)
                    forEachGap(from: window.start, to: window.end) { low, high in
                        let (words, count) = unsafe window.words(from: low, to: high)
                        unsafe cmark_roots(&raw, words, count, marks, root.bit, nil, nil)
                    }
                    position = max(window.end, window.skip)
                }
            }
        }
    }

    /// Windows of what is written of a range.
    private func forEachWindow(of range: AddressRange, _ body: (_ start: UInt64, _ end: UInt64) -> Void) {
        var index = written.firstIndex(endingAbove: range.start.rawValue)
        while index < written.count, written[index].start < range.end {
            let part = written[index].intersection(range)
            for start in stride(from: part.start.rawValue, to: part.end.rawValue, by: Window.bytes) {
                body(start, min(part.end.rawValue, start + UInt64(Window.bytes)))
            }
            index += 1
        }
    }

    /// The parts between blocks.
    private func forEachGap(from start: UInt64, to end: UInt64, _ body: (_ low: UInt64, _ high: UInt64) -> Void) {
        var low = start
        var index = blocks.firstIndex(at: start)
        if index > 0 { low = max(low, blocks.end(index - 1)) }
        while index < blocks.count {
            let next = unsafe blocks.starts[index]
            guard next < end else { break }
            if low < next { body(low, next) }
            low = blocks.end(index)
            index += 1
        }
        if low < end { body(low, end) }
    }

    // Blocks ------------------------------------------------------------------------------------------------------

    /// Reads one part of the blocks.
    package func sweep(part: Int) {
        var raw = unsafe blocks.raw
        let list = edges[part]
        var begin = list.count
        var hasRoom = true
        let range = part == 0 ? 0..<split : split..<blocks.count
        unsafe forEachPiece(of: range, windows[part]) { index, words, count, isLast in
            if hasRoom {
                let stored = unsafe cmark_edges(&raw, UInt32(index), words, count, marks, list.next, list.room)
                if stored < 0 { hasRoom = false } else { list.count += stored }
            }
            guard isLast else { return }
            if !hasRoom {
                list.count = begin
                // Reached blocks have reached what they lead to: but this one may not have come to its end.
                unsafe firsts[index] = UInt32.max - 1
            } else if list.count > begin {
                list.endBlock()
                unsafe firsts[index] = UInt32(begin)
            }
            begin = list.count
            hasRoom = true
        }
    }

    /// The words of blocks whose indices ascend, in pieces as they come; `isLast` also where the last piece is empty.
    private func forEachPiece(
        of indices: some Collection<Int>, _ window: Window,
        _ body: (_ index: Int, _ words: UnsafePointer<UInt64>?, _ count: Int, _ isLast: Bool) -> Void
    ) {
        var rest = indices[...]
        guard let first = rest.first else { return }
        var position = unsafe blocks.starts[first]
        var range = written.firstIndex(endingAbove: position)
        while let next = rest.first {
            position = max(position, unsafe blocks.starts[next])
            while range < written.count, written[range].end.rawValue <= position { range += 1 }
            let isThere = range < written.count
            // What is not written holds nothing: the blocks that end before what is come to their end.
            let low = isThere ? max(position, written[range].start.rawValue) : .max
            if isThere, low < blocks.end(next) {
                window.fill(from: low, to: min(written[range].end.rawValue, low + UInt64(Window.bytes)), read)
            } else {
                window.clear(at: min(low, blocks.end(next)))
            }
            let end = max(window.end, window.skip)
            while let index = rest.first {
                let (start, blockEnd) = (unsafe blocks.starts[index], blocks.end(index))
                guard start < end || blockEnd <= end else { break }
                let (words, count) = unsafe window.words(
                    from: max(start, window.start), to: min(blockEnd, window.end))
                unsafe body(index, words, count, blockEnd <= end)
                guard blockEnd <= end else { break }
                rest.removeFirst()
            }
            position = max(position, end)
        }
    }

    /// A place in memory so that about as much is written in blocks before as behind it.
    private static func middle(_ blocks: BlockTable, _ written: [AddressRange]) -> Int {
        guard blocks.count > 1 else { return blocks.count }
        let low = unsafe Address(blocks.starts[0])
        let all = AddressRange(start: low, end: Address(blocks.end(blocks.count - 1)))
        let parts = written.filter { $0.end > all.start && $0.start < all.end }.map { $0.intersection(all) }
        var left = parts.reduce(0) { $0 + $1.count.rawValue } / 2
        for part in parts {
            if left <= part.count.rawValue { return blocks.firstIndex(at: part.start.rawValue + UInt64(left)) }
            left -= part.count.rawValue
        }
        return blocks.count
    }

    // The mark ----------------------------------------------------------------------------------------------------

    /// Whether ``spread()`` reads memory.
    package var needsMemory: Bool { (0..<blocks.count).contains { unsafe firsts[$0] == .max - 1 } }

    /// Follows all that was read to its end.
    package func spread() {
        unsafe withGraph { graph in
            var graph = unsafe graph
            let stack = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, blocks.count))
            defer { unsafe stack.deallocate() }
            let reached = Root.known.bit
            unsafe spread(&graph, reached, stack, depth: cmark_collect(&graph, reached, 0, stack))
            let suspected = Root.unknown.bit
            unsafe spread(&graph, suspected, stack, depth: cmark_collect(&graph, suspected, reached, stack))
            unsafe cmark_follow_leaked(&graph)
            followLeakedAgain()
        }
    }

    private func withGraph(_ body: (cmark_graph) -> Void) {
        unsafe body(
            cmark_graph(
                count: UInt32(blocks.count), split: UInt32(split), firsts: firsts,
                edges: (UnsafePointer(edges[0].start), UnsafePointer(edges[1].start)), marks: marks))
    }

    private func spread(
        _ graph: inout cmark_graph, _ bit: UInt8, _ stack: UnsafeMutablePointer<UInt32>, depth: Int
    ) {
        var raw = unsafe blocks.raw
        let again = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, blocks.count))
        defer { unsafe again.deallocate() }
        var depth = depth
        while depth > 0 {
            var count = 0
            unsafe cmark_spread(&graph, bit, stack, depth, again, &count)
            depth = 0
            let indices = unsafe UnsafeBufferPointer(start: again, count: count).map { Int($0) }.sorted()
            // Once for each bit: what is reached is not suspected any more.
            unsafe forEachPiece(of: indices, windows[0]) { index, words, count, isLast in
                unsafe cmark_roots(&raw, words, count, marks, bit, stack, &depth)
                if isLast, bit == Root.known.bit { unsafe firsts[index] = .max }
            }
        }
    }

    private func followLeakedAgain() {
        var raw = unsafe blocks.raw
        let indices = (0..<blocks.count).filter { unsafe firsts[$0] == .max - 1 && state(of: $0).isLeaked }
        unsafe forEachPiece(of: indices, windows[0]) { index, words, count, _ in
            unsafe cmark_follow_words(&raw, UInt32(index), words, count, marks)
        }
    }

    // What came of it ---------------------------------------------------------------------------------------------

    package enum State: Sendable, Equatable {
        case reached
        /// Only memory of which nothing is known leads to it.
        case undecided
        /// Nothing leads to it.
        case direct
        /// Only what is leaked leads to it.
        case indirect

        package var isLeaked: Bool { self == .direct || self == .indirect }
    }

    /// After ``spread()``.
    package func state(of index: Int) -> State {
        precondition(index >= 0 && index < blocks.count)
        let mark = Int(unsafe marks[index])
        if mark & CMARK_REACHED != 0 { return .reached }
        if mark & CMARK_SUSPECTED != 0 { return .undecided }
        return mark & CMARK_INDIRECT != 0 ? .indirect : .direct
    }
}

/// The edges of one part's blocks; memory is taken when it is used.
@safe private final class EdgeList {
    let start: UnsafeMutablePointer<UInt32>
    private let capacity: Int
    var count = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        unsafe start = .allocate(capacity: self.capacity)
    }

    deinit { unsafe start.deallocate() }

    var next: UnsafeMutablePointer<UInt32> { unsafe start + count }
    var room: Int { capacity - count }

    func endBlock() { unsafe start[count - 1] |= 0x8000_0000 }
}

/// What is read at once.
@safe private final class Window {
    static let bytes = 1 << 20

    private let buffer = UnsafeMutablePointer<UInt64>.allocate(capacity: Window.bytes / 8)
    private(set) var start: UInt64 = 0
    private(set) var end: UInt64 = 0
    /// Up to here nothing can be read.
    private(set) var skip: UInt64 = 0
    private(set) var unreadable = 0

    deinit { unsafe buffer.deallocate() }

    /// - Precondition: at most ``bytes`` lie between, once `from` is aligned.
    func fill(from: UInt64, to: UInt64, _ read: Marker.Reading) {
        start = from & ~7
        let wanted = min(Int(to - start), Self.bytes)
        var span = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(start: buffer, count: wanted))
        let count = min(max(0, read(start, &span)), wanted)
        end = start + UInt64(count)
        skip = end
        guard count < wanted else { return }
        // A page that cannot be read: the next one may.
        skip = min(start + UInt64(wanted), (end & ~4095) + 4096)
        unreadable += Int(skip - end)
    }

    func clear(at address: UInt64) { (start, end, skip) = (address, address, address) }

    /// The whole words of a range of the window.
    func words(from low: UInt64, to high: UInt64) -> (UnsafePointer<UInt64>?, Int) {
        let first = (low + 7) & ~7
        guard first >= start, first < high, high <= end else { return (nil, 0) }
        return unsafe (UnsafePointer(buffer + Int((first - start) / 8)), Int((high - first) / 8))
    }
}

extension [AddressRange] {
    /// In ascending ranges, the first that ends above an address.
    fileprivate func firstIndex(endingAbove address: UInt64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].end.rawValue <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
