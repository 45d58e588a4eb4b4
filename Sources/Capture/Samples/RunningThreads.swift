internal import HeapWalk
internal import MemoryModel
internal import ProcFS
internal import Segment
internal import System

/// A thread whose code has no name yet.
struct UnnamedThread {
    var ageSeconds: Double
    var threadPointer: Address?
    /// The function that it was started with.
    var start: Address?

    /// As the frame that a call from its first byte would leave, which is how frames are named.
    func startFrame(in modules: [SegmentSamples.Module?]) -> SegmentSamples.NativeFrame? {
        guard let start else { return nil }
        let module = modules.firstIndex { $0?.range.contains(start) ?? false }
        return SegmentSamples.NativeFrame(module: module, address: Address(start.rawValue + 1))
    }
}

/// The threads of a process but for its main one, as many as can be told of.
///
/// - Parameter readsMemory: Whether the process's own memory may be read, which tells what started them.
func runningThreads(
    of process: borrowing ProcessDirectory, _ threads: [Int32], mappings: [Mapping], residency: [ResidencyRun],
    readsMemory: Bool
) -> [UnnamedThread] {
    let now = Clock.sinceBoot()
    var found: [UnnamedThread] = []
    for thread in threads where thread != process.pid {
        // It may have ended since.
        guard let bytes = try? process.bytes(of: "task/\(thread)/stat"), let stat = try? ProcessStat.parse(bytes) else {
            continue
        }
        let started = Double(stat.startNanoseconds(ticksPerSecond: clockTicksPerSecond))
        found.append(
            UnnamedThread(
                ageSeconds: max(0, (Double(now) - started) / 1e9),
                threadPointer: threadPointer(ofThread: thread).map { Address($0) }))
    }
    guard readsMemory else { return found }
    let starts = threadStarts(
        pid: process.pid, threadPointers: found.map(\.threadPointer), mappings: mappings, residency: residency)
    for (index, start) in starts.enumerated() { found[index].start = start }
    return found
}
