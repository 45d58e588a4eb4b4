import MemoryModel
import Reachability

/// A process's memory, made of words, with blocks in it.
struct FakeProcess: Sendable {
    /// By address / 8.
    var words: [UInt64: UInt64] = [:]
    var blocks: [BlockTable.Block] = []
    /// Ascending and disjoint.
    var written: [AddressRange] = []
    var roots: [AddressRange] = []
    /// Heap memory of which nothing is known.
    var unknown: [AddressRange] = []
    var registers: [UInt64] = []
    /// Pages that no reading gets at.
    var unreadable: Set<UInt64> = []

    func word(_ address: UInt64) -> UInt64 { words[address / 8] ?? 0 }

    mutating func write(_ value: UInt64, at address: UInt64) { words[address / 8] = value }

    /// Whether a reading gets at an address.
    func isReadable(_ address: UInt64) -> Bool {
        !unreadable.contains(address / 4096) && written.contains { $0.contains(Address(address)) }
    }

    /// Fills the buffer up to the first page that cannot be read.
    func read(_ start: UInt64, _ buffer: inout MutableRawSpan) -> Int {
        var end = start
        while end < start + UInt64(buffer.byteCount), isReadable(end) { end = (end / 4096 + 1) * 4096 }
        let count = min(buffer.byteCount, Int(end - start))
        for offset in stride(from: 0, to: count / 8 * 8, by: 8) {
            buffer.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self)
        }
        for (place, word) in words where place * 8 >= start && place * 8 + 8 <= start + UInt64(count) {
            buffer.storeBytes(of: word, toByteOffset: Int(place * 8 - start), as: UInt64.self)
        }
        return count
    }

    /// Everything that a proof does, with room for so many edges.
    func marked(edges: Int = 1 << 20) -> Marker {
        let process = self
        let marker = Marker(blocks: .of(blocks), written: written, edgeBudget: edges) { process.read($0, &$1) }
        marker.mark(words: registers)
        for part in 0..<Marker.parts { marker.scanRoots(roots, as: .known, part: part) }
        for part in 0..<Marker.parts { marker.scanRoots(unknown, as: .unknown, part: part) }
        for part in 0..<Marker.parts { marker.sweep(part: part) }
        marker.spread()
        return marker
    }
}

extension AddressRange {
    init(_ start: UInt64, _ end: UInt64) { self.init(start: Address(start), end: Address(end)) }
}

/// What the mark is to come to, said as simply as can be.
struct PlainMark {
    private let process: FakeProcess
    private let blocks: [BlockTable.Block]

    init(_ process: FakeProcess) {
        self.process = process
        blocks = process.blocks.sorted { $0.start < $1.start }
    }

    private func holder(of word: UInt64) -> Int? {
        blocks.firstIndex {
            word >= $0.start && (word < $0.start + $0.bytes || ($0.bytes == 8 && word == $0.start + 8))
        }
    }

    /// Words of 0, which are the most, lead nowhere.
    private func targets(from low: UInt64, to high: UInt64, outside: Bool) -> Set<Int> {
        var found: Set<Int> = []
        for (place, word) in process.words where place * 8 >= low && place * 8 + 8 <= high {
            let address = place * 8
            let isInside = blocks.contains { $0.start < address + 8 && address < $0.start + $0.bytes }
            guard process.isReadable(address), !(outside && isInside), let block = holder(of: word) else { continue }
            found.insert(block)
        }
        return found
    }

    private func closure(_ start: Set<Int>) -> Set<Int> {
        var (all, open) = (start, Array(start))
        while let next = open.popLast() {
            let block = blocks[next]
            for target in targets(from: block.start, to: block.start + block.bytes, outside: false)
            where all.insert(target).inserted { open.append(target) }
        }
        return all
    }

    func states() -> [Marker.State] {
        let roots = process.roots.map { targets(from: $0.start.rawValue, to: $0.end.rawValue, outside: true) }
        let unknown = process.unknown.map { targets(from: $0.start.rawValue, to: $0.end.rawValue, outside: true) }
        let reached = closure(roots.reduce(Set(process.registers.compactMap(holder)), { $0.union($1) }))
        let suspected = closure(unknown.reduce(reached, { $0.union($1) }))
        let leaked = Set(blocks.indices).subtracting(suspected)
        var indirect: Set<Int> = []
        for index in leaked {
            let block = blocks[index]
            indirect.formUnion(
                targets(from: block.start, to: block.start + block.bytes, outside: false).subtracting([index]))
        }
        return blocks.indices.map {
            if reached.contains($0) { return .reached }
            if suspected.contains($0) { return .undecided }
            return indirect.contains($0) ? .indirect : .direct
        }
    }
}
