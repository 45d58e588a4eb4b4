internal import MemoryModel
internal import System

/// What a proof takes for roots: ranges of addresses, of which what was written is read.
///
/// As LeakSanitizer has it (compiler-rt/lib/lsan/lsan_common.cpp: ProcessGlobalRegions, ProcessThreads): writable data of
/// modules, thread-local storage, registers, and of each stack what lies above the stack pointer. Beyond that, memory that
/// the program mapped itself, which LeakSanitizer leaves out unless told of it: so silt accuses less.
struct ProofRoots {
    /// What the program can get at. Ascending and disjoint.
    private(set) var known: [AddressRange] = []
    /// Heap pages in use, where there may be blocks that are not known. Ascending and disjoint.
    private(set) var unknown: [AddressRange] = []

    /// The leaf functions of x86-64 use so many bytes below the stack pointer (System V ABI, 3.2.2).
    private static let redZone: UInt64 = 128
    /// sizeof (struct pthread), glibc 2.36 on x86-64: it ends the mapping of a thread's stack (nptl/allocatestack.c).
    private static let descriptorBytes: UInt64 = 2304
    /// Heaps of secondary arenas (malloc/arena.c: HEAP_MAX_SIZE).
    private static let arenaHeapBytes = ByteCount.mebibytes(64)

    /// - Parameters:
    ///   - arena: The allocator's own data among a module's: it leads to free chunks.
    ///   - isComplete: Whether every block in use is known, so that the rest of the heap is free.
    init(
        mappings: [Mapping], witness: HeapWitness, threads: [ThreadRegisters], arena: AddressRange?, isComplete: Bool
    ) {
        let heap = Self.heap(mappings: mappings, witness: witness)
        let stacks = Self.stacks(mappings: mappings, witness: witness, threads: threads)
        let library = mappings.filter { !witness.observerLibrary.isEmpty && $0.name == witness.observerLibrary }
        let own = merged(witness.observer + library.map(\.range))
        let outside = merged(heap + own + stacks.dead + (arena.map { [$0] } ?? []))
        let kept = mappings.filter(Self.mayHoldPointers).flatMap { $0.range.parts(outside: outside) }
        // What merged with a stack in maps, but is the program's own.
        let mapped = witness.ownMappings.map(\.range).flatMap { $0.parts(outside: merged(heap + own)) }
        known = merged(kept + mapped + stacks.live.flatMap { $0.parts(outside: own) })
        if !isComplete { unknown = Self.inUse(of: heap, witness: witness) }
    }

    /// The kernel's own pages (vdso, vvar) are never written; a shared mapping of a file is a file.
    private static func mayHoldPointers(_ mapping: Mapping) -> Bool {
        !mapping.permissions.contains(.shared) || mapping.isShared
    }

    /// Where glibc's malloc puts blocks. Of another allocator it is not known.
    private static func heap(mappings: [Mapping], witness: HeapWitness) -> [AddressRange] {
        guard witness.isGlibc else { return [] }
        let brk = mappings.filter { $0.name == "[heap]" }.map(\.range)
        let arenas = witness.arenaHeaps.map { AddressRange(start: $0, end: $0 + arenaHeapBytes) }
        return merged(brk + arenas + witness.blocks)
    }

    /// Granules with live bytes, and blocks with a mapping of their own.
    private static func inUse(of heap: [AddressRange], witness: HeapWitness) -> [AddressRange] {
        var ranges = witness.blocks
        for part in heap {
            let granules = part.start.granule.index..<part.end.alignedUp(to: Granule.bytes).granule.index
            witness.ledger.forEachRun(in: granules) { run, liveBytes in
                guard liveBytes > 0 else { return }
                ranges.append(AddressRange(start: Granule(run.lowerBound).start, end: Granule(run.upperBound).start))
            }
        }
        return merged(ranges)
    }

    /// All that is known to be stacks, and what of it threads use.
    ///
    /// A thread that has ended leaves its stack to glibc, who keeps it for the next one (nptl/nptl-stack.c): what lies
    /// there leads nowhere. A thread whose stack pointer is elsewhere (on a signal's stack, or a coroutine's) keeps all of
    /// its own.
    private static func stacks(
        mappings: [Mapping], witness: HeapWitness, threads: [ThreadRegisters]
    ) -> (dead: [AddressRange], live: [AddressRange]) {
        var dead: [AddressRange] = []
        var live: [AddressRange] = []
        let pointers = Set(witness.threadPointers.map(\.rawValue) + threads.map(\.threadPointer)).sorted()
        var rest = pointers[...]
        let alive = Set(threads.map(\.threadPointer))
        let byStack = threads.sorted { $0.stackPointer < $1.stackPointer }
        for mapping in mappings where mapping.permissions.contains(.write) && mapping.inode == 0 {
            let (start, end) = (mapping.range.start.rawValue, mapping.range.end.rawValue)
            rest = rest.drop { $0 < start }
            let inside = rest.prefix { $0 < end }
            let first = byStack.partitioningIndex { $0.stackPointer >= start }
            let running = byStack[first...].prefix { $0.stackPointer < end }
            if mapping.name == "[stack]", let lowest = running.first {
                dead.append(mapping.range)
                live.append(used(of: start..<end, above: lowest.stackPointer))
                continue
            }
            var low = start
            for pointer in inside {
                let high = min(end, (pointer + descriptorBytes + 4095) / 4096 * 4096)
                guard low < high else { continue }
                let stack = low..<high
                low = high
                let here = running.first { stack.contains($0.stackPointer) }
                // The main thread's descriptor lies in memory of the loader's, which is no stack.
                if here == nil, witness.mainThreadPointer?.rawValue == pointer { continue }
                dead.append(AddressRange(start: Address(stack.lowerBound), end: Address(stack.upperBound)))
                if let here {
                    live.append(used(of: stack, above: here.stackPointer))
                } else if alive.contains(pointer) {
                    live.append(AddressRange(start: Address(stack.lowerBound), end: Address(stack.upperBound)))
                }
            }
        }
        return (merged(dead), merged(live))
    }

    private static func used(of stack: Range<UInt64>, above pointer: UInt64) -> AddressRange {
        let low = max(stack.lowerBound, pointer >= redZone ? pointer - redZone : 0)
        return AddressRange(start: Address(low), end: Address(stack.upperBound))
    }
}

/// In ascending order, and without an overlap.
func merged(_ ranges: [AddressRange]) -> [AddressRange] {
    ranges.filter { !$0.isEmpty }.sorted { $0.start < $1.start }.reduce(into: []) { merged, range in
        if let last = merged.last, last.end >= range.start {
            merged[merged.count - 1].end = max(last.end, range.end)
        } else {
            merged.append(range)
        }
    }
}

extension Array {
    /// The first index whose element satisfies `condition`, which holds from some element on.
    fileprivate func partitioningIndex(where condition: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
