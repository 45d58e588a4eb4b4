import MemoryModel
import System
import Testing

@testable import Capture

/// What counts as a root, from lines of maps and what the shim knows.
@Suite struct `Roots of a proof` {
    private static func line(
        _ start: UInt64, _ end: UInt64, _ permissions: Mapping.Permissions = [.read, .write], inode: UInt64 = 0,
        _ name: String = ""
    ) -> Mapping {
        Mapping(range: range(start, end), permissions: permissions, inode: inode, name: name)
    }

    private static func line(_ start: UInt64, _ end: UInt64, _ name: String) -> Mapping {
        Mapping(range: range(start, end), permissions: [.read, .write], name: name)
    }

    private static func range(_ start: UInt64, _ end: UInt64) -> AddressRange {
        AddressRange(start: Address(start), end: Address(end))
    }

    private static func thread(_ stackPointer: UInt64, _ threadPointer: UInt64) -> ThreadRegisters {
        ThreadRegisters(thread: 1, stackPointer: stackPointer, threadPointer: threadPointer, words: [])
    }

    /// The descriptor of a thread ends its stack: 2304 bytes before the end of the mapping.
    private static let stackEnd: UInt64 = 0x7f00_0080_0000
    private static let threadPointer = stackEnd - 2304

    private func roots(
        _ mappings: [Mapping], _ witness: HeapWitness = HeapWitness(), _ threads: [ThreadRegisters] = [],
        arena: AddressRange? = nil, isComplete: Bool = true
    ) -> ProofRoots {
        ProofRoots(mappings: mappings, witness: witness, threads: threads, arena: arena, isComplete: isComplete)
    }

    @Test func `are data and mappings, and neither the heap nor what is the shim's`() {
        let mappings = [
            Self.line(0x1000, 0x3000, inode: 7, "/bin/program"),
            Self.line(0x5000, 0x6000, [.read, .execute], inode: 7, "/bin/program"),
            Self.line(0x10000, 0x20000, "[heap]"), Self.line(0x30000, 0x40000), Self.line(0x50000, 0x60000),
            Self.line(0x7000_0000, 0x7800_0000), Self.line(0x8000_0000, 0x8001_0000, inode: 8, "/lib/libsilt.so"),
            Self.line(0x9000_0000, 0x9001_0000, [.read, .write, .shared], inode: 9, "/data/file"),
            Self.line(0xa000_0000, 0xa001_0000, [.read, .write, .shared], inode: 10, "/dev/shm/pool"),
        ]
        let witness = HeapWitness(
            blocks: [Self.range(0x50000, 0x58000)], arenaHeaps: [Address(0x7000_0000)],
            observer: [Self.range(0x30000, 0x34000)],
            observerLibrary: "/lib/libsilt.so")
        let found = roots(mappings, witness, arena: Self.range(0x1100, 0x1900))
        #expect(
            found.known == [
                Self.range(0x1000, 0x1100), Self.range(0x1900, 0x3000), Self.range(0x5000, 0x6000),
                Self.range(0x34000, 0x40000),
                Self.range(0x58000, 0x60000), Self.range(0x7400_0000, 0x7800_0000),
                Self.range(0xa000_0000, 0xa001_0000),
            ])
        #expect(found.unknown == [])
    }

    @Test func `are of a thread's stack what it uses, with the red zone`() {
        let stack = Self.line(0x7f00_0000_1000, Self.stackEnd)
        let running = Self.thread(0x7f00_007f_0000, Self.threadPointer)
        let found = roots([stack], HeapWitness(), [running])
        #expect(found.known == [Self.range(0x7f00_007f_0000 - 128, Self.stackEnd)])
    }

    @Test func `are nothing of the stack of a thread that has ended`() {
        let stack = Self.line(0x7f00_0000_1000, Self.stackEnd)
        let witness = HeapWitness(threadPointers: [Address(Self.threadPointer)])
        #expect(roots([stack], witness).known == [])
    }

    @Test func `are all of a stack whose thread is elsewhere, on a signal's stack`() {
        let mappings = [Self.line(0x50_0000, 0x60_0000), Self.line(0x7f00_0000_1000, Self.stackEnd)]
        let found = roots(mappings, HeapWitness(), [Self.thread(0x51_0000, Self.threadPointer)])
        #expect(found.known == mappings.map(\.range))
    }

    @Test func `are all of what lies beside a stack in one line of maps`() {
        let line = Self.line(0x7f00_0000_1000, Self.stackEnd + 0x10000)
        let ended = HeapWitness(threadPointers: [Address(Self.threadPointer)])
        #expect(roots([line], ended).known == [Self.range(Self.stackEnd, Self.stackEnd + 0x10000)])
        var own = ended
        own.ownMappings = [OwnedRange(range: Self.range(0x7f00_0000_1000, 0x7f00_0001_0000), owner: "p")]
        #expect(roots([line], own).known.first == own.ownMappings[0].range)
    }

    @Test func `are of the main thread what it uses, and its descriptor in the loader's memory`() {
        let mappings = [
            Self.line(0x7e00_0000_0000, 0x7e00_0000_4000), Self.line(0x7ffc_0000_0000, 0x7ffc_0010_0000, "[stack]"),
        ]
        let witness = HeapWitness(
            threadPointers: [Address(0x7e00_0000_1740)], mainThreadPointer: Address(0x7e00_0000_1740))
        let found = roots(mappings, witness, [Self.thread(0x7ffc_000f_f000, 0x7e00_0000_1740)])
        #expect(found.known == [mappings[0].range, Self.range(0x7ffc_000f_ef80, 0x7ffc_0010_0000)])
    }

    @Test func `are unknown where the heap is in use and not every block is known`() {
        var counters = [UInt16](repeating: 0, count: PageLedger.granulesPerSpan)
        counters[1] = 4096
        counters[2] = 16
        counters[9] = 1
        let witness = HeapWitness(
            ledger: PageLedger(spans: [.init(key: 1, liveBytes: counters)]),
            blocks: [Self.range(0x5000_0000, 0x5010_0000)])
        let mappings = [Self.line(0x80_0000, 0x90_0000, "[heap]"), Self.line(0x5000_0000, 0x5010_0000)]
        let found = roots(mappings, witness, isComplete: false)
        #expect(found.known == [])
        #expect(
            found.unknown == [
                Self.range(0x80_1000, 0x80_3000), Self.range(0x80_9000, 0x80_a000),
                Self.range(0x5000_0000, 0x5010_0000),
            ])
        #expect(roots(mappings, witness).unknown == [])
    }

    /// As many lines and threads as there can be; a quadratic step would take minutes.
    @Test func `are found among 60,000 mappings and 100,000 threads that have ended`() {
        let mappings = (0..<60_000).map { Self.line(0x7000_0000_0000 + $0 * 0x4000, 0x7000_0000_2000 + $0 * 0x4000) }
        let pointers = (0..<100_000).map { Address(0x7000_0000_0000 + $0 * 0x2000 + 0x700) }
        let found = roots(mappings, HeapWitness(threadPointers: pointers))
        #expect(found.known.count == 60_000)
        #expect(found.known.first == Self.range(0x7000_0000_1000, 0x7000_0000_2000))
    }

    @Test func `are no more than there is, whatever a hostile segment claims`() {
        let line = Self.line(0x7f00_0000_1000, Self.stackEnd)
        let witness = HeapWitness(
            blocks: [Self.range(0, 1 << 56)], arenaHeaps: [Address(.max), Address(.max - 4095)],
            ownMappings: [OwnedRange(range: Self.range(0, 1 << 56), owner: "")],
            threadPointers: [Address(.max), Address(0), Address(Self.stackEnd - 1), Address(0x7f00_0000_1000)])
        #expect(roots([line], witness, isComplete: false).known == [])
    }
}
