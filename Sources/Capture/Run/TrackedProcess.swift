internal import MemoryModel
internal import ProcFS
internal import Segment
internal import System

/// A program image that a run follows: a segment, and the process that keeps it.
final class TrackedProcess {
    /// Its number in this run, from 0; negative while it has none.
    var index: Int
    /// The name of the segment's file.
    let name: String
    private let segment: SegmentFile
    private(set) var glance: SegmentGlance
    /// As this process sees it; the segment has the number in the process's own PID namespace.
    private(set) var pid: Int32
    private var directory: ProcessDirectory?

    private(set) var rss: ByteCount = 0
    private(set) var highWater: ByteCount = 0
    private(set) var peak: Snapshot?
    private(set) var last: Snapshot?
    /// RSS by the cheap counter when the highest reading was made.
    private var rssAtPeak: ByteCount = 0
    /// When the last reading was made, 0 for never.
    private(set) var readNanoseconds: Int64 = 0
    /// Whether ``last`` is what it waited for.
    private var waited = false
    private var series = LiveSeries()
    private var growthToPeak: Growth?
    /// The samples of ``last``, where it has any.
    private var names: PendingNames?
    private var proof: Result<PendingProof, ProofError>?

    /// - Parameter start: When the run began, in nanoseconds since boot.
    init(name: String, segment: consuming SegmentFile, runStart start: UInt64) throws(SegmentError) {
        index = -1
        self.name = name
        glance = try segment.glance()
        self.segment = segment
        pid = Int32(clamping: glance.pid)
        directory = Self.directory(of: pid, startedSince: start)
    }

    /// In a PID namespace of its own it has a number that is another process's here: mostly one that is older than the run.
    /// Then nothing is known of it until it says something, or is located.
    private static func directory(of pid: Int32, startedSince start: UInt64) -> ProcessDirectory? {
        guard let directory = try? ProcessDirectory(pid: pid), let own = try? directory.startNanoseconds(),
            // It is told up to a tick early.
            own + 1_000_000_000 / UInt64(clockTicksPerSecond) >= start
        else { return nil }
        return directory
    }

    // What is cheap ----------------------------------------------------------------------------------------------

    /// Looks at RSS and at the totals of the books; `false` where the image is gone.
    func look() -> Bool {
        guard segment.isMapped() else { return false }
        if let seen = try? segment.glance() {
            glance = seen
            if last != nil { series.note(seen.liveBytes, nanoseconds: Clock.monotonic()) }
        }
        do throws(ProcessError) {
            if let resident = try directory?.statm().resident { rss = resident }
            return true
        } catch {
            return !error.meansItIsGone
        }
    }

    /// Whether RSS is so far above what the highest reading saw that it should be read again.
    ///
    /// - Parameter share: Of that reading's RSS.
    func isAbovePeak(by share: Double) -> Bool {
        Double(rss.rawValue) > Double(rssAtPeak.rawValue) * (1 + share) + 256 * 1024
    }

    // Readings ---------------------------------------------------------------------------------------------------

    /// A reading among others: a run may make many.
    ///
    /// Not of a process that has had its last reading and is about to be another program: this one would take its
    /// place. On a busy machine the exec may be some time off.
    ///
    /// - Parameter withSamples: Whether the code is to be named too, where the samples are few.
    func readPeriodically(withSamples: Bool) -> RunReading? {
        guard !isBetweenPrograms else { return nil }
        let rssBefore = rss
        let samples = withSamples && glance.samples <= Self.fewSamples
        guard let reading = read(CaptureOptions(readsSamples: samples)) else { return nil }
        note(reading.snapshot, rssBefore: rssBefore)
        return reading
    }

    /// Each takes some 100 bytes to be copied.
    private static let fewSamples = 1 << 14

    /// A reading that somebody waits for. The other threads are held still, where the kernel lets them: then it is exact.
    ///
    /// - Parameter caller: The process itself, where it is the one that waits.
    func readMark(_ name: String, caller: Int32?) -> RunReading? {
        if let caller { isCalled(caller) }
        let rssBefore = rss
        guard var reading = read(CaptureOptions(stops: true)) ?? read(CaptureOptions()) else { return nil }
        note(reading.snapshot, rssBefore: rssBefore)
        reading.mark = name
        return reading
    }

    private func note(_ snapshot: Snapshot, rssBefore: ByteCount) {
        if peak.map({ snapshot.resident > $0.resident }) ?? true {
            peak = snapshot
            growthToPeak = series.growth
        }
        rssAtPeak = max(rssAtPeak, rssBefore)
    }

    /// The reading of a process that waits for it, `nil` where it is gone.
    ///
    /// - Parameters:
    ///   - peer: The process that waits.
    ///   - proves: Whether it is proved what is leaked.
    ///   - withSamples: Whether the code behind the rows is named as well.
    func readLeaving(peer: Int32, proves: Bool, withSamples: Bool) -> RunReading? {
        isCalled(peer)
        glance = (try? segment.glance()) ?? glance
        var reading = read(CaptureOptions(readsSamples: withSamples))
        waited = reading != nil
        if proves, !leavesForExec { reading?.proof = prove() }
        return reading
    }

    /// The reading of a process that lives on, when nobody follows it any longer.
    func readParting(proves: Bool, withSamples: Bool) -> RunReading? {
        let rssBefore = rss
        guard var reading = read(CaptureOptions(readsSamples: withSamples)) else { return nil }
        note(reading.snapshot, rssBefore: rssBefore)
        if proves { reading.proof = prove() }
        return reading
    }

    /// Its segment was found in a process: this one, where it is known there by the number that it has in itself; else one
    /// that it is just making.
    func isLocated(at found: Int32) {
        guard found != pid, let status = try? ProcessDirectory(pid: found).status(),
            status.namespacePIDs.last.map({ Int($0) == glance.pid }) ?? false
        else { return }
        isCalled(found)
    }

    private func isCalled(_ peer: Int32) {
        guard peer != pid else { return }
        pid = peer
        directory = try? ProcessDirectory(pid: peer)
    }

    private func prove() -> Result<PendingProof, ProofError> {
        do throws(ProofError) {
            proof = .success(try proveUnreachable(pid: pid))
        } catch {
            proof = .failure(error)
        }
        return proof!
    }

    /// Whether the process that left said so for an exec; no more where that failed.
    var leavesForExec: Bool { glance.leaving == .exec }

    private var isBetweenPrograms: Bool { waited && leavesForExec }

    private func read(_ options: CaptureOptions) -> RunReading? {
        let began = Clock.monotonic()
        defer { readNanoseconds = Clock.monotonic() }
        // Another image, or another process that has the number now, maps another segment; and what ended or was
        // replaced while it was read was read in part.
        guard let (snapshot, names) = try? captureUnnamed(pid: pid, options: options),
            snapshot.mappings.contains(where: { isOwn($0.name) }), segment.isMapped()
        else { return nil }
        last = snapshot
        self.names = names
        highWater = max(highWater, snapshot.process.highWater ?? 0, snapshot.resident)
        if let heap = snapshot.heap { series.note(heap.liveBytes, nanoseconds: Clock.monotonic()) }
        return RunReading(nanoseconds: began, snapshot: snapshot, growth: series.growth, names: names)
    }

    private func isOwn(_ path: String) -> Bool { path.split(separator: "/").last.map { $0 == name } ?? false }

    // The end ----------------------------------------------------------------------------------------------------

    /// How an image ended that is gone: it replaced itself if that was its last word (the shim takes it back where the
    /// exec fails).
    var endingWhenGone: ProcessRun.Ending { waited && leavesForExec ? .exec : .lost }

    /// How many samples wait for the names of their code, `nil` where none do.
    var unnamedSamples: Int? {
        if case .success? = proof { return names?.sampleCount ?? 0 }
        return names?.sampleCount
    }

    /// All that was seen, `nil` where it was never read. Names the code, which takes its time.
    func observation(_ ending: ProcessRun.Ending) -> ProcessObservation? {
        guard var last else { return nil }
        last.heap?.sampled = names?.named()
        return ProcessObservation(
            pid: Int(pid), forkedFrom: glance.forkedFrom, startNanoseconds: glance.createdNanoseconds,
            peak: peak ?? last, last: last, growthToPeak: peak == nil ? series.growth : growthToPeak,
            growthToLast: series.growth, ending: ending, highWater: highWater,
            proof: proof.map { $0.map { $0.named() } })
    }
}
