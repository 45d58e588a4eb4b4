internal import Glibc
internal import HeapWalk
internal import MemoryModel
package import ProcFS
internal import Reachability
internal import Segment
internal import System

/// Proves which live blocks of a process nothing leads to any more.
///
/// The process is held still while its memory is read, and runs on in any case; see ``StoppedProcess``. What it found has
/// no names yet: ``PendingProof/named()``.
package func proveUnreachable(
    pid: Int32, residency source: ResidencySource = .automatic
) throws(ProofError) -> PendingProof {
    let process: ProcessDirectory
    do { process = try ProcessDirectory(pid: pid) } catch { throw .process(error) }
    let segment = try openSegment(of: process)
    // Read before the process is stopped: what cannot come to a proof shall cost it nothing.
    guard try mean(of: segment) > 0 else { throw .noSamples }
    let attempts = 5
    let pauseNanoseconds: Int64 = 2_000_000
    for attempt in 1... {
        let began = Clock.monotonic()
        let stopped = try stop(process)
        let (books, read) = try readStopped(process, segment, stopped.registers, source)
        // In the middle of a booking the table of blocks may lack one: let it run on for a moment.
        if !books.isConsistent, attempt < attempts {
            _ = consume stopped
            sleep(nanoseconds: pauseNanoseconds)
            continue
        }
        var ended = Clock.monotonic()
        let samples: SegmentSamples?
        if read.marker.needsMemory {
            samples = read.finish(segment)
            ended = Clock.monotonic()
            _ = consume stopped
        } else {
            _ = consume stopped
            samples = read.finish(segment)
        }
        // Memory is read by number, which may be another process's by now: then this throws.
        do { _ = try process.stat() } catch { throw .process(error) }
        return PendingProof(read, books: books, samples: samples, process: process, heldNanoseconds: ended - began)
    }
    fatalError("unreachable: the last attempt returns")
}

/// The right to read, and what to do without it, is told from why the kernel refuses.
private func stop(_ process: borrowing ProcessDirectory) throws(ProofError) -> StoppedProcess {
    do {
        return try StoppedProcess(pid: process.pid, timeoutSeconds: 5, readsRegisters: true)
    } catch {
        let status: ProcessStatus
        do { status = try process.status() } catch { throw .process(error) }
        if error.errno == ESRCH { throw .process(.vanished(process.pid)) }
        guard error.errno == EPERM else { throw .stop(error) }
        if status.tracer != 0 { throw .traced(by: status.tracer) }
        throw .forbidden(error, scope: yamaScope())
    }
}

/// Documentation/admin-guide/LSM/Yama.rst; `nil` where the kernel is without it.
private func yamaScope() -> Int? {
    guard let file = try? Descriptor.open("/proc/sys/kernel/yama/ptrace_scope"), let bytes = try? file.readAll()
    else { return nil }
    return Int(String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self))
}

private func openSegment(of process: borrowing ProcessDirectory) throws(ProofError) -> SegmentFile {
    do {
        let mappings = try process.maps()
        guard let mapping = SegmentFile.mapping(in: mappings) else { throw ProofError.noBooks("segment-missing") }
        let status = try process.status()
        let root = try process.open("root", flags: directoryFlags | Descriptor.pathOnly)
        return try SegmentFile.open(
            mapping: mapping, root: root, pid: Int(status.namespacePIDs.last ?? process.pid), owner: status.uids[1])
    } catch let error as ProofError {
        throw error
    } catch let error as SegmentError {
        throw .noBooks(error.identifier)
    } catch let error as ProcessError {
        throw .process(error)
    } catch {
        throw .noBooks("segment-unreadable")
    }
}

private func mean(of segment: borrowing SegmentFile) throws(ProofError) -> Int {
    do { return try segment.sampleMean() } catch { throw .noBooks(error.identifier) }
}

/// All that takes a process that stands still.
private func readStopped(
    _ process: borrowing ProcessDirectory, _ segment: borrowing SegmentFile, _ registers: [ThreadRegisters],
    _ source: ResidencySource
) throws(ProofError) -> (SegmentBooks, ReadProof) {
    let mappings: [Mapping]
    let runs: [ResidencyRun]
    do {
        mappings = try process.maps()
        runs = try residency(of: process, mappings: mappings, source: source)
    } catch {
        throw .process(error)
    }
    do {
        let books = try segment.read()
        let written = merged(runs.filter { $0.state != .file }.map(\.range))
        guard let table = try LiveTable(segment, isGlibc: books.isGlibc, written: written) else {
            throw ProofError.noSamples
        }
        return (books, ReadProof(process, books, table, mappings, runs, written, registers))
    } catch let error as SegmentError {
        throw .noBooks(error.identifier)
    } catch let error as ProofError {
        throw error
    } catch {
        throw .noBooks("segment-unreadable")
    }
}

/// The memory of a process, read for the mark.
struct ReadProof {
    let table: LiveTable
    let marker: Marker
    let mappings: [Mapping]
    let library: String
    /// Whether the table has every block that the books count.
    let isComplete: Bool
    /// Whether the allocator's own data was found among the roots, and left out.
    let knowsArena: Bool

    /// Of the resident memory, what edges may take: four bytes each.
    private static let edgeShare = 8
    private static let fewestEdges = 1 << 20

    init(
        _ process: borrowing ProcessDirectory, _ books: SegmentBooks, _ table: LiveTable, _ mappings: [Mapping],
        _ runs: [ResidencyRun], _ written: [AddressRange], _ registers: [ThreadRegisters]
    ) {
        self.table = table
        self.mappings = mappings
        var witness = books.witness(mappings: mappings)
        witness.add(threadPointers: registers.map { Address($0.threadPointer) })
        library = witness.observerLibrary
        isComplete =
            table.mean == 1 && table.dropped == 0 && table.impossible == 0 && table.blocks.count == books.liveBlocks
        let arena = books.isGlibc ? mainArena(pid: process.pid, mappings: mappings, residency: runs) : nil
        knowsArena = arena != nil || !books.isGlibc
        let roots = ProofRoots(
            mappings: mappings, witness: witness, threads: registers, arena: arena, isComplete: isComplete)
        let segment = SegmentFile.mapping(in: mappings)?.inode
        let shared = mappings.filter { $0.isShared && $0.inode != segment }.map(\.range)
        // A run lies in one mapping.
        let readable = merged(written + runs.filter { $0.state == .file && shared.hold($0.range.start) }.map(\.range))
        let resident = runs.filter { $0.state != .swapped }.reduce(0) { $0 + $1.range.count.rawValue }
        let memory = ProcessMemory(pid: process.pid)
        let marker = Marker(
            blocks: table.blocks, written: readable, edgeBudget: max(Self.fewestEdges, resident / Self.edgeShare / 4)
        ) { memory.read(at: $0, into: &$1) }
        for thread in registers { marker.mark(words: thread.words) }
        atOnce(Marker.parts) { marker.scanRoots(roots.known, as: .known, part: $0) }
        if !roots.unknown.isEmpty { atOnce(Marker.parts) { marker.scanRoots(roots.unknown, as: .unknown, part: $0) } }
        atOnce(Marker.parts) { marker.sweep(part: $0) }
        self.marker = marker
    }

    /// Follows the mark to its end; reads the process once more where ``Marker/needsMemory``.
    ///
    /// What the loader allocated is a root, as for LeakSanitizer (lsan_common.cpp, ProcessPlatformSpecificAllocations):
    /// glibc keeps the vector of a thread's dynamic TLS with the stack of a thread that has ended.
    ///
    /// - Returns: the stacks, without samples.
    func finish(_ segment: borrowing SegmentFile) -> SegmentSamples? {
        let samples = try? segment.readSamples(now: 0, withBlocks: false)
        if let samples {
            let isLoaders = samples.stacks.map { $0.map { samples.isLoaders($0, library: library) } ?? false }
            if isLoaders.contains(true) {
                marker.reach { $0 > 0 && Int($0) <= isLoaders.count && isLoaders[Int($0) - 1] }
            }
        }
        marker.spread()
        return samples
    }
}

extension SegmentSamples {
    /// Whether the loader made the allocation: the innermost frame outside of the shim is its.
    fileprivate func isLoaders(_ stack: Stack, library: String) -> Bool {
        for frame in nativeFrames(of: stack) {
            guard let module = frame.module.flatMap({ modules[$0] }) else { return false }
            let name = fileName(module.path)
            if module.path == library || name == "libsilt.so" { continue }
            return name.hasPrefix("ld-linux") || name.hasPrefix("ld-2.")
        }
        return false
    }
}

extension [AddressRange] {
    /// Whether an address lies in one of these, which ascend and are disjoint.
    fileprivate func hold(_ address: Address) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].contains(address)
    }
}
