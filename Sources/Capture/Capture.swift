internal import Glibc
internal import HeapWalk
package import MemoryModel
internal import ProcFS
internal import Segment
internal import System

/// Reads one process.
///
/// The ledger first, then residency, then the ledger again: what changed in between is the reading's error.
package func capture(pid: Int32, options: CaptureOptions = CaptureOptions()) throws(CaptureError) -> Snapshot {
    var (snapshot, names) = try captureUnnamed(pid: pid, options: options)
    snapshot.heap?.sampled = names?.named()
    return snapshot
}

/// Reads one process, and leaves the names of its code for later: finding them takes its time, and the process is no
/// longer needed.
///
/// - Returns: the snapshot without its samples, and what becomes of them; `nil` where there are none.
func captureUnnamed(
    pid: Int32, options: CaptureOptions
) throws(CaptureError) -> (snapshot: Snapshot, names: PendingNames?) {
    let process: ProcessDirectory
    do { process = try ProcessDirectory(pid: pid) } catch { throw .process(error) }
    var (snapshot, samples) =
        options.stops ? try captureStopped(process, options) : try captureNow(process, options)
    guard let samples, let library = snapshot.heap?.observerLibrary else { return (snapshot, nil) }
    snapshot.heap?.leavesOutSamples = true
    return (snapshot, PendingNames(samples, of: process, mappings: snapshot.mappings, library: library))
}

/// A thread that is stopped in the middle of a booking shows: then the process runs on for a moment.
private func captureStopped(
    _ process: borrowing ProcessDirectory, _ options: CaptureOptions
) throws(CaptureError) -> (Snapshot, UnnamedSamples?) {
    let attempts = 5
    let pauseNanoseconds: Int64 = 2_000_000
    for attempt in 1... {
        let stopped: StoppedProcess
        do {
            stopped = try StoppedProcess(pid: process.pid, timeoutSeconds: 5)
        } catch {
            // What has no memory can't be traced either: that is the reason then.
            do { _ = try process.maps() } catch { throw .process(error) }
            throw error.errno == ESRCH ? .process(.vanished(process.pid)) : .stop(error)
        }
        var (snapshot, samples) = try captureNow(process, options)
        _ = consume stopped
        snapshot.reading.stopped = true
        if attempt == attempts || snapshot.heap == nil || snapshot.isConsistent { return (snapshot, samples) }
        sleep(nanoseconds: pauseNanoseconds)
    }
    fatalError("unreachable: the last attempt returns")
}

private func captureNow(
    _ process: borrowing ProcessDirectory, _ options: CaptureOptions
) throws(CaptureError) -> (Snapshot, UnnamedSamples?) {
    let began = Clock.monotonic()
    do {
        let facts = try process.facts()
        let mappings = try process.maps()
        var degraded: [String] = []
        var (books, samples, history) = openBooks(
            of: process, mappings: mappings, withSamples: options.readsSamples, degraded: &degraded)
        let runs = try residency(of: process, mappings: mappings, source: options.residency)
        var witness = books?.witness(mappings: mappings)
        witness?.leavesOutSamples = !options.readsSamples
        witness?.history = history
        let threads = try process.threadIDs()
        witness?.add(threadPointers: threadPointers(of: threads))
        samples?.threads = runningThreads(
            of: process, threads, mappings: mappings, residency: runs, readsMemory: options.readsMemory)
        if options.readsMemory, let known = witness {
            witness?.interior = heapInterior(pid: process.pid, mappings: mappings, witness: known, residency: runs)
        }
        // Threads and memory are asked for by number, which may be another process's by now: then this throws.
        _ = try process.stat()
        var snapshot = Snapshot(process: facts, mappings: mappings, residency: runs, heap: witness, degraded: degraded)
        if let books {
            snapshot.process.forkedFrom = books.forkedFrom
            var unheard: [String] = []
            let after = openBooks(of: process, mappings: mappings, withSamples: false, degraded: &unheard).books
            // A granule's counters are read one after another: in a running process a sum out of range is a block that
            // changed hands in between. Standing still, it is a block that was freed and never booked.
            if options.stops, books.torn > 0 { snapshot.degraded.append("torn") }
            let torn = ByteCount(options.stops ? 0 : books.torn * Int(Granule.bytes))
            snapshot.reading.moved = torn + (after.map { moved(from: books, to: $0) } ?? 0)
            if let after { snapshot.heap?.addNew(after.witness(mappings: mappings)) }
            snapshot.isConsistent = books.isConsistent
        }
        snapshot.reading.seconds = Double(Clock.monotonic() - began) / 1e9
        return (snapshot, samples)
    } catch {
        throw .process(error)
    }
}

/// The process's books, the samples and the history beside them, or `nil` and the reason why there are none.
private func openBooks(
    of process: borrowing ProcessDirectory, mappings: [Mapping], withSamples: Bool, degraded: inout [String]
) -> (books: SegmentBooks?, samples: UnnamedSamples?, history: History?) {
    guard let mapping = SegmentFile.mapping(in: mappings) else {
        degraded.append("segment-missing")
        return (nil, nil, nil)
    }
    do {
        let status = try process.status()
        let root = try process.open("root", flags: O_DIRECTORY | Descriptor.pathOnly)
        let file = try SegmentFile.open(
            mapping: mapping, root: root, pid: Int(status.namespacePIDs.last ?? process.pid),
            owner: status.uids[1])
        let books = try file.read()
        degraded += books.degraded
        let samples = withSamples ? unnamedSamples(in: file, beside: books, degraded: &degraded) : nil
        // What there is of it is shown; a table that cannot be read is none.
        let history = try? file.readHistory(now: UInt64(clamping: Clock.monotonic()))
        return (books, samples, history)
    } catch let error as SegmentError {
        degraded.append(error.identifier)
    } catch {
        degraded.append("segment-unreadable")
    }
    return (nil, nil, nil)
}
