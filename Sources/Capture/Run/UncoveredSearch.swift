internal import MemoryModel
internal import ProcFS
internal import System

/// Finds the processes of a run that no segment tells of.
///
/// It goes from parent to child, so that it sees what the command and its processes have started, and not what has left
/// them: a daemon whose parent has ended belongs to somebody else.
struct UncoveredSearch {
    /// Who is younger may be about to load the library, or to become a program that does …
    private static let leastNanoseconds: Int64 = 500_000_000
    /// … which two searches tell, so far apart at least …
    private static let pauseNanoseconds: Int64 = 250_000_000
    /// … and so far that they take no more than this part of a core.
    private static let share = 0.0005

    private struct Candidate {
        var startTicks: UInt64
        var firstSeen: Int64
    }

    /// The name of the run's directory: who maps a file in it has books.
    private let run: String
    private var candidates: [Int32: Candidate] = [:]
    private var next: Int64 = 0

    init(run: String) { self.run = run }

    /// Those that are seen to be uncovered now, and were not before.
    ///
    /// - Parameters:
    ///   - roots: Processes of the run.
    ///   - known: Those that need not be looked at; their children are.
    mutating func search(from roots: [Int32], known: Set<Int32>, at now: Int64) -> [UncoveredProcess] {
        guard now >= next else { return [] }
        let began = Clock.processor()
        defer { next = now + max(Self.pauseNanoseconds, Int64(Double(Clock.processor() - began) / Self.share)) }
        var found: [UncoveredProcess] = []
        var seen: Set<Int32> = []
        var waiting = roots + known
        var present: [Int32: Candidate] = [:]
        while let pid = waiting.popLast() {
            guard seen.insert(pid).inserted, let directory = try? ProcessDirectory(pid: pid) else { continue }
            waiting += (try? directory.children()) ?? []
            guard !known.contains(pid), let stat = try? directory.stat(), !stat.isZombie else { continue }
            let earlier = candidates[pid].flatMap { $0.startTicks == stat.startTicks ? $0 : nil }
            let candidate = earlier ?? Candidate(startTicks: stat.startTicks, firstSeen: now)
            present[pid] = candidate
            guard now - candidate.firstSeen >= Self.leastNanoseconds, !isCovered(directory) else { continue }
            if let process = try? UncoveredProcess(directory), process.look() { found.append(process) }
        }
        candidates = present
        return found.sorted { $0.pid < $1.pid }
    }

    /// Whether it has books here. Who may not be looked into runs as somebody else, whom nothing is preloaded into.
    private func isCovered(_ process: borrowing ProcessDirectory) -> Bool {
        do throws(ProcessError) {
            return try process.maps().contains { $0.name.split(separator: "/").contains(Substring(run)) }
        } catch {
            return error.meansItIsGone
        }
    }
}
