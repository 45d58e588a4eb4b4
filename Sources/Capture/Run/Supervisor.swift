internal import MemoryModel
internal import Segment
package import System

/// Runs a command with the books kept, and follows every process of it that carries the library.
///
/// One loop on the calling thread, which has to be the program's only one: signals are read, not handled.
///
/// - Parameter interpret: Called once for each process to be reported, some time after it has ended; not in the order of
///   start.
package func supervise<Finding: Sendable>(
    _ options: RunOptions, interpret: @escaping (ProcessObservation) -> Finding
) throws(RunError) -> RunOutcome<Finding> {
    var found: [(start: UInt64, finding: Finding)] = []
    let floor = options.isForAll ? -1 : RunOptions.floor
    let supervisor = try Supervisor(options) { observation in
        guard observation.highWater > floor else { return }
        found.append((observation.startNanoseconds, interpret(observation)))
    }
    let end = try supervisor.run()
    return RunOutcome(
        end: end, findings: found.sorted { $0.start < $1.start }.map(\.finding), carriedShim: supervisor.carriedShim)
}

/// Runs a command with the books kept, and tells of everything that it sees of its processes while they run.
///
/// - Parameter follow: Called from within; what it does takes the run's time, and counts as the run's work.
/// - Returns: how the command ended.
package func followRun(_ options: RunOptions, _ follow: @escaping (RunEvent) -> Void) throws(RunError) -> Child.End {
    try Supervisor(options, follow: follow, finish: { _ in }).run()
}

/// The loop of one run.
private final class Supervisor {
    /// A process that does not grow is read this often, budget permitting, so that what is killed has a recent reading.
    private static let regularNanoseconds: Int64 = 1_000_000_000
    /// How long after the command's end nobody has to announce anything for the run to be over …
    private static let quietNanoseconds: Int64 = 30_000_000
    /// … and how long it goes on at most while processes do.
    private static let drainNanoseconds: Int64 = 10_000_000_000
    /// Of the processes that have ended, so many may have code without names, which takes descriptors and memory …
    private static let mostUnnamed = 16
    /// … and so many samples: some 100 bytes each.
    private static let mostUnnamedSamples = 1 << 18

    private let relay: Relay
    private let directory: RunDirectory
    private let child: Child
    /// Each process takes some, and a fork bomb of a test suite has many at once.
    private let descriptorLimit: DescriptorLimit
    /// In nanoseconds since boot.
    private let start = UInt64(Clock.sinceBoot())
    private let floor: ByteCount
    private let proves: Bool
    /// Between two looks at a process.
    private let tickNanoseconds: Int64
    /// Who keeps everything that is seen. Then nothing is kept here.
    private let follow: ((RunEvent) -> Void)?
    private let finish: (ProcessObservation) -> Void

    private var announcements = Announcements()
    /// By the name of the segment: an exec gives a process another one.
    private var tracked: [String: TrackedProcess] = [:]
    /// Segments that were seen to the end, until their files are gone: a process removes its own after the last reading.
    private var ended: Set<String> = []
    /// Processes that have ended and whose code has no names yet. Finding these may take seconds, in which no other
    /// process would be let go and no signal passed on: it is done when the command has ended, but for the many.
    private var unnamed: [(process: TrackedProcess, ending: ProcessRun.Ending)] = []
    private var budget: ReadingBudget
    private var uncovered: [UncoveredProcess] = []
    private var uncoveredSearch: UncoveredSearch
    private var processCount = 0
    private var nextTick: Int64 = 0

    var carriedShim: Bool { directory.wasUsed }

    /// Starts the command.
    ///
    /// - Parameter finish: Called for every process that has ended and was ever read, where nobody follows.
    init(
        _ options: RunOptions, follow: ((RunEvent) -> Void)? = nil, finish: @escaping (ProcessObservation) -> Void
    ) throws(RunError) {
        do { relay = try Relay() } catch { throw .system(error) }
        do { directory = try RunDirectory(in: options.base) } catch { throw .directory(error) }
        uncoveredSearch = UncoveredSearch(ProcessTable(run: directory.name))
        do {
            child = try Child.spawn(
                options.command, environment: options.commandEnvironment(run: directory.path),
                mask: relay.reader.maskBefore)
        } catch { throw .start(error) }
        descriptorLimit = DescriptorLimit()
        uncoveredSearch.begin(at: child.pid)
        floor = options.isForAll ? 0 : RunOptions.floor
        proves = options.proves
        tickNanoseconds = Int64(options.interval * 1e9)
        // The looks are held to half of it.
        budget = ReadingBudget(share: options.share / 2, nanoseconds: Clock.monotonic())
        self.follow = follow
        self.finish = finish
    }

    /// Until the command has ended, and those of its processes that were about to.
    func run() throws(RunError) -> Child.End {
        do {
            var end: Child.End?
            while end == nil {
                let served = try turn(waitingAtMost: max(0, nextTick - Clock.monotonic()))
                if !served { end = try child.reap() }
            }
            try drain()
            finishAll()
            while !unnamed.isEmpty { finishFirstUnnamed() }
            return end!
        } catch {
            throw .system(error)
        }
    }

    /// Waits for whatever comes first and sees to it: signals, an announcement, the next tick.
    ///
    /// - Returns: whether a process was let go; others may wait as well.
    private func turn(waitingAtMost nanoseconds: Int64) throws(SystemError) -> Bool {
        let sources = [relay.reader.pollable, directory.listener.pollable] + announcements.pollable
        let ready = try poll(sources, nanoseconds: nanoseconds)
        relay.pass(to: child)
        if ready.contains(directory.listener.pollable) { announcements.accept(from: directory.listener) }
        let served = announcements.serveOne(serve)
        while isTooMuchUnnamed { finishFirstUnnamed() }
        if Clock.monotonic() >= nextTick { tick() }
        noteDescriptors()
        return served
    }

    /// After the command's end: lets those go that end with it.
    private func drain() throws(SystemError) {
        let start = Clock.monotonic()
        var quietSince = start
        discover()
        while !tracked.isEmpty {
            let now = Clock.monotonic()
            guard now - quietSince < Self.quietNanoseconds, now - start < Self.drainNanoseconds else { return }
            let sources = [relay.reader.pollable, directory.listener.pollable] + announcements.pollable
            _ = try poll(sources, nanoseconds: Self.quietNanoseconds - (now - quietSince))
            relay.pass(to: nil)
            announcements.accept(from: directory.listener)
            if announcements.serveOne(serve) {
                while isTooMuchUnnamed { finishFirstUnnamed() }
                quietSince = Clock.monotonic()
            }
            for process in tracked.values where !process.look() { end(process, process.endingWhenGone) }
        }
    }

    /// What is left lives on, and has its reading as it is.
    private func finishAll() {
        for process in tracked.values {
            if isReported(process), let reading = process.readParting(proves: proves, withSamples: namesLast) {
                follow?(.read(process: process.index, reading))
            }
            end(process, process.look() ? .running : process.endingWhenGone)
        }
        for process in uncovered { end(process, process.look() ? .running : .lost) }
    }

    /// What fails for want of a descriptor looks like a process that is gone.
    private func noteDescriptors() {
        if let follow, descriptorLimit.isNearlyReached { follow(.missed("descriptors-exhausted")) }
    }

    // Processes --------------------------------------------------------------------------------------------------

    /// What a process waits for: whether it was done.
    private func serve(_ announcement: Announcement) -> Bool {
        let name = announcement.segment
        // Who came before gets a lower number, whoever speaks first.
        if tracked[name] == nil, !ended.contains(name) { discover() }
        guard let process = tracked[name] else { return false }
        let began = Clock.processor()
        defer { budget.spend(nanoseconds: Clock.processor() - began) }
        switch announcement.kind {
        case .leaving: return serveLeaving(process, peer: announcement.peer)
        case .mark(let mark): return serveMark(process, mark, caller: announcement.peer)
        case .requestedMark(let mark): return serveMark(process, mark, caller: nil)
        }
    }

    /// The last reading.
    private func serveLeaving(_ process: TrackedProcess, peer: Int32) -> Bool {
        guard let reading = process.readLeaving(peer: peer, proves: proves, withSamples: namesLast) else {
            return false
        }
        follow?(.read(process: process.index, reading))
        // An exec may fail yet: whether it did shows when it has let go.
        if !process.leavesForExec { end(process, .exit) }
        return true
    }

    private func serveMark(_ process: TrackedProcess, _ mark: String, caller: Int32?) -> Bool {
        guard let follow, let reading = process.readMark(mark, caller: caller) else { return false }
        follow(.read(process: process.index, reading))
        return true
    }

    /// Whether the last readings are to name the code behind the rows: where a proof is all that is asked for, not.
    private var namesLast: Bool { follow != nil || !proves }

    /// `nil` where it is not whole yet: it will be at the next look.
    private func opened(_ name: String) -> TrackedProcess? {
        guard let segment = try? directory.segment(name) else { return nil }
        return try? TrackedProcess(name: name, segment: segment, runStart: start)
    }

    private func track(_ process: TrackedProcess) {
        // It was about loading the library, or has become a program that does: now, as it may end before the next look.
        if let earlier = uncovered.first(where: { $0.pid == process.pid }) { end(earlier, .exec) }
        process.index = processCount
        processCount += 1
        tracked[process.name] = process
        follow?(
            .began(
                process: process.index, pid: Int(process.pid), forkedFrom: process.glance.forkedFrom,
                nanoseconds: Clock.monotonic()))
    }

    /// Takes in who is new, in the order in which they were made, as far as pids tell: a directory has no order, and the
    /// second worker of a service is to be the second in every run.
    private func discover() {
        let names = directory.segmentNames()
        ended.formIntersection(names)
        let new = names.filter { tracked[$0] == nil && !ended.contains($0) }.compactMap(opened)
        for process in new.sorted(by: { $0.glance.pid < $1.glance.pid }) { track(process) }
    }

    private func end(_ process: TrackedProcess, _ ending: ProcessRun.Ending) {
        tracked[process.name] = nil
        ended.insert(process.name)
        // A process that runs on needs its segment's file, and one that waits removes it itself.
        if ending == .lost || ending == .exec { directory.removeSegment(process.name) }
        if let follow {
            follow(
                .ended(
                    process: process.index, ending: ending, highWater: max(process.highWater, process.rss),
                    nanoseconds: Clock.monotonic()))
        } else if process.unnamedSamples != nil {
            unnamed.append((process, ending))
        } else if let observation = process.observation(ending) {
            finish(observation)
        }
    }

    private var isTooMuchUnnamed: Bool {
        unnamed.count > Self.mostUnnamed
            || unnamed.reduce(0) { $0 + ($1.process.unnamedSamples ?? 0) } > Self.mostUnnamedSamples
    }

    private func finishFirstUnnamed() {
        let (process, ending) = unnamed.removeFirst()
        if let observation = process.observation(ending) { finish(observation) }
    }

    private func isReported(_ process: TrackedProcess) -> Bool {
        proves || process.rss > floor || process.last != nil
    }

    // Periodic readings ------------------------------------------------------------------------------------------

    private func tick() {
        let began = Clock.processor()
        discover()
        for process in tracked.values {
            if !process.look() {
                end(process, process.endingWhenGone)
            } else {
                follow?(
                    .looked(
                        process: process.index, nanoseconds: Clock.monotonic(), rss: process.rss,
                        live: process.glance.liveBytes))
            }
        }
        let looked = Clock.processor()
        lookAtUncovered()
        readWhatIsDue()
        follow?(.ticked(nanoseconds: Clock.monotonic()))
        // The looks are held to the same share of the time as the readings.
        let pause = Int64(Double(looked - began) / budget.share)
        nextTick = Clock.monotonic() + max(tickNanoseconds, pause)
    }

    /// A report on each process has nothing to say of them.
    private func lookAtUncovered() {
        guard let follow else { return }
        let result = uncoveredSearch.search(at: Clock.monotonic()) { tracked[$0] != nil }
        for (pid, segment) in result.located { tracked[segment]?.isLocated(at: pid) }
        for pid in result.uncovered {
            guard let process = try? UncoveredProcess(pid: pid) else { continue }
            process.index = processCount
            processCount += 1
            uncovered.append(process)
            follow(
                .beganUncovered(
                    process: process.index, pid: Int(process.pid), parent: Int(process.parent),
                    command: process.command, nanoseconds: Clock.monotonic()))
        }
        for process in uncovered {
            if process.look() {
                follow(.looked(process: process.index, nanoseconds: Clock.monotonic(), rss: process.rss, live: 0))
            } else {
                end(process, .lost)
            }
        }
    }

    private func end(_ process: UncoveredProcess, _ ending: ProcessRun.Ending) {
        uncovered.removeAll { $0 === process }
        uncoveredSearch.forget(process.pid)
        follow?(
            .ended(
                process: process.index, ending: ending, highWater: process.highWater, nanoseconds: Clock.monotonic()))
    }

    /// Readings as far as the budget goes: of what has grown, and of what was not read for long. Those that were not
    /// read for longest come first, so that one that always grows does not starve the others.
    private func readWhatIsDue() {
        let now = Clock.monotonic()
        // What grows fast is read in larger steps, so that there is something left for its peak.
        let step = budget.isPlentiful(at: now) ? 0.02 : 0.15
        let due = tracked.values.filter { process in
            isReported(process)
                && (process.isAbovePeak(by: step) || now - process.readNanoseconds >= Self.regularNanoseconds)
        }
        for process in due.sorted(by: { $0.readNanoseconds < $1.readNanoseconds }) {
            guard budget.allows(at: Clock.monotonic()) else { return }
            let began = Clock.processor()
            let reading = process.readPeriodically(withSamples: follow != nil)
            if let follow, let reading { follow(.read(process: process.index, reading)) }
            budget.spend(nanoseconds: Clock.processor() - began)
        }
    }
}
