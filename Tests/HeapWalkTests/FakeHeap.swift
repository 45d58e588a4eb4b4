import Glibc
import MemoryModel

/// Memory of this process that looks like glibc's to who reads it: a libc with the main arena, its heap, the heap of a
/// secondary arena, and a thread. Offsets are those of glibc 2.36 (malloc/malloc.c, malloc/arena.c), and not taken from
/// the code under test.
@safe final class FakeHeap {
    static let heapBytes: UInt64 = 64 << 20
    private let reservation: UnsafeMutableRawPointer
    private static let reserved = 3 * Int(heapBytes)

    /// 64 MiB-aligned, one page of libc's data, then the brk heap and the stack of a thread 1 and 2 MiB behind.
    let libc: UInt64
    var heap: UInt64 { libc + 1 << 20 }
    var stack: UInt64 { libc + 2 << 20 }
    /// The heap of the secondary arena, whose state lies 32 bytes in (behind heap_info).
    var secondary: UInt64 { libc + Self.heapBytes }
    var thread: UInt64 { stack + 0x8000 }

    static let partBytes: UInt64 = 64 << 10

    init() {
        unsafe reservation = mmap(
            nil, Self.reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)!
        let start = unsafe UInt64(UInt(bitPattern: reservation))
        libc = (start + Self.heapBytes - 1) / Self.heapBytes * Self.heapBytes
        build()
    }

    deinit { unsafe munmap(reservation, Self.reserved) }

    func set(_ address: UInt64, _ value: UInt64) {
        unsafe UnsafeMutableRawPointer(bitPattern: UInt(address))!.storeBytes(of: value, as: UInt64.self)
    }

    /// Where a main arena's malloc_state lies.
    var main: UInt64 { libc + 256 }
    var arena: UInt64 { secondary + 32 }
    /// The block of the thread's tcache_perthread_struct, and a chunk of 64 bytes in its list for that size (bin 2).
    var cache: UInt64 { heap + 16 }
    var cached: UInt64 { heap + 0x1000 }

    private func build() {
        for (state, next, top) in [(main, arena, heap + 0x8000), (arena, main, secondary + 0x4000)] {
            set(state + 96, top)
            let lastBin = state + 112 + 16 * 126
            set(lastBin, lastBin - 16)
            set(lastBin + 8, lastBin - 16)
            set(state + 2160, next)
            set(top + 8, 0x1001)
        }
        // heap_info: ar_ptr, prev, size.
        set(secondary, arena)
        set(secondary + 16, Self.partBytes)
        set(thread - 64, cache)
        set(cache - 8, 0x291)
        set(cache + 4, 1)
        set(cache + 128 + 16, cached)
        set(cached - 8, 0x41)
        set(cached, cached >> 12)
        // What is never read must be there all the same for the random words below.
        for part in parts { set(part.start.rawValue + Self.partBytes - 8, 0) }
    }

    var parts: [AddressRange] {
        [libc, heap, stack, secondary].map { AddressRange(start: Address($0), end: Address($0 + Self.partBytes)) }
    }

    var mappings: [Mapping] {
        zip(parts, ["/lib/libc.so.6", "[heap]", "", ""]).map {
            Mapping(range: $0, permissions: [.read, .write], name: $1)
        }
    }

    var residency: [ResidencyRun] { parts.map { ResidencyRun(range: $0, state: .anonymous) } }

    func witness(threads: [UInt64]? = nil, heaps: [UInt64]? = nil) -> HeapWitness {
        HeapWitness(
            allocator: "glibc 2.36", isGlibc: true, liveBytes: 0, liveBlocks: 0, ledger: PageLedger(spans: []),
            blocks: [], arenaHeaps: (heaps ?? [secondary]).map { Address($0) }, ownMappings: [],
            threadPointers: (threads ?? [thread]).map { Address($0) }, mainThreadPointer: nil, observer: [],
            observerLibrary: "", tunables: Tunables())
    }
}
