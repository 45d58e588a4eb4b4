import Glibc
import HeapWalk
import MemoryModel
import Testing

/// Whoever owns the process may write anything where glibc's arenas lie.
struct `A heap that is walked` {
    private func walk(
        _ heap: FakeHeap, residency: [ResidencyRun]? = nil, mappings: [Mapping]? = nil, witness: HeapWitness? = nil
    ) -> HeapInterior? {
        heapInterior(
            pid: getpid(), mappings: mappings ?? heap.mappings, witness: witness ?? heap.witness(),
            residency: residency ?? heap.residency)
    }

    private func range(_ start: UInt64, _ bytes: UInt64) -> AddressRange {
        AddressRange(start: Address(start), end: Address(start + bytes))
    }

    @Test func `is told with its arenas, tops and caches`() throws {
        let heap = FakeHeap()
        let found = try #require(walk(heap))
        #expect(found.arenas.map(\.isMain) == [true, false])
        #expect(found.arenas.map(\.top) == [range(heap.heap + 0x8000, 0x1000), range(heap.secondary + 0x4000, 0x1000)])
        #expect(found.cached == [range(heap.cache - 8, 0x290), range(heap.cached - 8, 0x40)])
    }

    /// A page that the target has not written is served by somebody else, who may never answer.
    @Test func `is read only where the process has written`() throws {
        let heap = FakeHeap()
        for index in heap.parts.indices {
            var runs = heap.residency
            runs[index].state = .file
            let found = walk(heap, residency: runs)
            switch index {
            case 0: #expect(found == nil)
            case 1: #expect(found?.arenas.first?.top == nil && found?.cached == [])
            case 2: #expect(found?.cached == [] && found?.arenas.count == 2)
            default: #expect(found?.arenas.count == 1)
            }
        }
        // Written in pieces that follow one another, or swapped out: still written.
        let pieces = heap.parts.flatMap { part in
            stride(from: part.start.rawValue, to: part.end.rawValue, by: 4096).map {
                ResidencyRun(range: range($0, 4096), state: $0 % 8192 == 0 ? .anonymous : .swapped)
            }
        }
        #expect(walk(heap, residency: pieces)?.cached.count == 2)
    }

    @Test func `may have arenas and lists in circles`() throws {
        let heap = FakeHeap()
        heap.set(heap.arena + 2160, heap.arena)
        heap.set(heap.secondary + 8, heap.secondary)
        heap.set(heap.cached, heap.cached ^ (heap.cached >> 12))
        heap.set(heap.cache, 0xffff_ffff_ffff_ffff)
        let found = try #require(walk(heap))
        #expect(found.cached.count == 2)
        #expect(found.arenas.filter(\.isMain).count == 1)
    }

    /// No more is read than of a process that has them.
    @Test func `may claim threads, heaps and libcs without end`() throws {
        let heap = FakeHeap()
        let edges: [UInt64] = [0, 1, 8, 4096, 16384, 1 << 47, 1 << 63, .max, .max - 7, heap.stack, heap.stack + 8]
        let threads = edges + (0..<131_072).map { heap.stack + UInt64($0 % 512) * 8 }
        let heaps = edges + (0..<131_072).map { UInt64($0) << 26 }
        let libcs = (1...60_000).map {
            Mapping(range: range(UInt64($0) << 20, 1 << 20), permissions: [.read, .write], name: "/x/libc.so.6")
        }
        let all = (libcs + heap.mappings).sorted { $0.range.start < $1.range.start }
        let witness = heap.witness(threads: threads, heaps: heaps)
        // The first 16 libcs are looked at, and nothing is there.
        #expect(walk(heap, mappings: all, witness: witness) == nil)
        #expect(walk(heap, witness: witness)?.arenas.count == 2)
    }

    /// Seeded, so that what is found is found again: words that lead somewhere, in places that are read.
    @Test(arguments: 0..<8) func `may hold any words at all`(seed: UInt64) {
        var random = seed + 1
        func next(_ bound: Int) -> Int {
            // xorshift64 (G. Marsaglia, 2003)
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        var walked = 0
        for _ in 0..<300 {
            let heap = FakeHeap()
            let places =
                [heap.main, heap.arena].flatMap { state in [0, 16, 96, 2160].map { state + $0 } }
                + [0, 8, 16, 24].map { heap.secondary + $0 }
                + [heap.heap + 0x8008, heap.secondary + 0x4008, heap.thread - 64, heap.thread - 8]
                + [heap.cache - 8, heap.cache, heap.cache + 128, heap.cache + 144, heap.cached - 8, heap.cached]
            let words = [
                0, 1, 16, 0x291, 0x1001, 1 << 26, 1 << 47, 1 << 63, .max, .max - 15, heap.main, heap.arena, heap.cache,
                heap.cached, heap.heap, heap.secondary, heap.stack, heap.heap + FakeHeap.partBytes - 16,
            ]
            for _ in 0...next(6) {
                heap.set(places[next(places.count)], words[next(words.count)] &+ UInt64(next(3) * 8))
            }
            let threads = (0..<next(4)).map { _ in words[next(words.count)] &+ UInt64(next(5)) }
            let heaps = (0..<next(4)).map { _ in words[next(words.count)] }
            guard let found = walk(heap, witness: heap.witness(threads: threads + [heap.thread], heaps: heaps)) else {
                continue
            }
            walked += 1
            #expect(zip(found.cached, found.cached.dropFirst()).allSatisfy { $0.end <= $1.start })
            #expect(found.arenas.allSatisfy { arena in arena.heaps.allSatisfy { !$0.isEmpty } })
        }
        // The probe itself.
        #expect(walked > 100, "\(walked)")
    }
}
