import MemoryModel
import TestSupport

/// A random address space, and its rows by a model that asks of one page after the other, from the definitions of the
/// causes alone. What the reader promises holds: lists ascend and are disjoint.
struct PartitionModel {
    static let end: UInt64 = 500

    enum Role: Hashable {
        case nothing
        case observer
        case block
        case mainHeap
        case heap(arena: Int)
        case own(owner: String)
    }

    struct Segment {
        var first: UInt64
        var end: UInt64
        var role: Role
    }

    var lines: [Mapping] = []
    var segments: [Segment] = []
    var states: [ResidencyRun.State?] = []
    var live: [UInt64: Int] = [:]
    var blocks: [AddressRange] = []
    var threadPointers: [Address] = []
    var mainThreadPointer: Address?
    var arenas: [HeapInterior.Arena] = []
    var cached: [AddressRange] = []
    var headers: [Address] = []

    init(_ random: inout Randomness) {
        makeSegments(&random)
        makeLines(&random)
        makePages(&random)
        makeInterior(&random)
        threadPointers = (0..<Int(random.number(0...5))).map { _ in
            Address(random.number(16...Self.end) * 4096 + random.number(0...511) * 8)
        }
        if random.chance(0.5) { mainThreadPointer = threadPointers.first }
    }

    private mutating func makeSegments(_ random: inout Randomness) {
        var position: UInt64 = 16
        let roles: [Role] = [
            .nothing, .nothing, .observer, .block, .mainHeap, .heap(arena: 0), .heap(arena: 1), .own(owner: "/bin/a"),
            .own(owner: "/lib/b.so"),
        ]
        while position < Self.end {
            let end = min(position + random.number(1...25), Self.end)
            segments.append(Segment(first: position, end: end, role: random.pick(roles)))
            position = end
        }
        for segment in segments where segment.role == .block {
            let low = segment.first * 4096 + (random.chance(0.5) ? 0 : random.number(0...255) * 16)
            let high = segment.end * 4096 - (random.chance(0.5) ? 0 : random.number(0...255) * 16)
            if low < high { blocks.append(bytes(low, high)) }
        }
    }

    private mutating func makeLines(_ random: inout Randomness) {
        let names = [
            "", "", "", "", "", "", "[anon:x]", "/lib/b.so", "/lib/b.so", "/data", "/opt/libsilt.so", "[vdso]",
            "[stack]",
            "/dev/shm/x", "/memfd:x",
        ]
        var position: UInt64 = 16
        while position < Self.end {
            if random.chance(0.2) { position += random.number(1...6) }
            let end = min(position + random.number(1...40), Self.end)
            guard position < end else { break }
            var name = random.pick(names)
            let roles = segments.filter { $0.first < end && position < $0.end }.map(\.role)
            let mayBeBrk = roles.allSatisfy { $0 == .nothing || $0 == .mainHeap }
            if name.isEmpty, mayBeBrk, random.chance(0.5) { name = "[heap]" }
            let permissions = random.pick(["rw-p", "rw-p", "rw-p", "r-xp", "---p", "rw-s"])
            let isPrivate = name.hasPrefix("[") || (name.isEmpty && random.chance(0.8))
            lines.append(line(position, end, name, isPrivate ? random.pick(["rw-p", "rw-p", "---p"]) : permissions))
            position = end
        }
    }

    private mutating func makePages(_ random: inout Randomness) {
        var state: ResidencyRun.State?
        states = (0..<Self.end + 8).map { page in
            if random.chance(0.2) { state = random.pick([nil, .anonymous, .anonymous, .file, .swapped]) }
            return page < 8 ? nil : state
        }
        var density = 0.0
        for page in 0..<Self.end {
            if random.chance(0.1) { density = random.pick([0, 0, 0.2, 0.9]) }
            if random.chance(density) { live[page] = Int(random.pick([4096, 4096, random.number(1...5000)])) }
        }
    }

    private mutating func makeInterior(_ random: inout Randomness) {
        let mains = segments.filter { $0.role == .mainHeap }
        arenas.append(.init(isMain: true, heaps: mains.map { range($0.first, $0.end) }, top: nil))
        for arena in 0...1 {
            let heaps = segments.filter { $0.role == .heap(arena: arena) }
            if !heaps.isEmpty {
                arenas.append(.init(isMain: false, heaps: heaps.map { range($0.first, $0.end) }, top: nil))
            }
        }
        for index in arenas.indices where random.chance(0.8) && !arenas[index].heaps.isEmpty {
            let heap = random.pick(arenas[index].heaps)
            let start = random.number(heap.start.rawValue / 16...heap.end.rawValue / 16 - 1) * 16
            arenas[index].top = bytes(start, random.chance(0.7) ? heap.end.rawValue : heap.end.rawValue - 16)
        }
        var position: UInt64 = 16 * 4096
        while position < Self.end * 4096, random.chance(0.95) {
            position += random.number(1...2000) * 16
            let end = position + random.number(2...65) * 16
            cached.append(bytes(position, end))
            position = end
        }
        headers = (16...Self.end).filter { _ in random.chance(0.3) }
            .map { Address($0 * 4096 - random.number(0...4) * 16) }
    }

    var snapshot: Snapshot {
        let residency = states.enumerated().compactMap { page, state in
            state.map { ResidencyRun(range: range(UInt64(page), UInt64(page) + 1), state: $0) }
        }
        let own = segments.compactMap { segment -> OwnedRange? in
            guard case .own(let owner) = segment.role else { return nil }
            return OwnedRange(range: range(segment.first, segment.end), owner: owner)
        }
        return Snapshot(
            lines, residency,
            HeapWitness(
                ledger: PageLedger(live), blocks: blocks, ownMappings: own, threadPointers: threadPointers,
                mainThreadPointer: mainThreadPointer,
                observer: segments.filter { $0.role == .observer }.map { range($0.first, $0.end) },
                observerLibrary: "/opt/libsilt.so",
                interior: HeapInterior(arenas: arenas, cached: cached, freeChunksAtPageStart: headers)))
    }
}
