internal import System

/// Finds the processes of a run that no segment tells of.
///
/// It lists all processes, and asks of each new one whose child it is: what a process of the run has started belongs to
/// the run, also when its parent has ended. What has lost its parent before it was seen for the first time does not.
struct UncoveredSearch {
    /// What a search comes to.
    struct Result {
        /// Those that are seen to have no books, and were not before.
        var uncovered: [Int32] = []
        /// Those whose segment was found, as this process numbers them.
        var located: [(pid: Int32, segment: String)] = []
    }

    /// Who is younger may be about to load the library, or to become a program that does …
    private static let leastNanoseconds: Int64 = 500_000_000
    /// … which two searches tell, so far apart …
    private static let pauses: ClosedRange<Int64> = 250_000_000...1_000_000_000
    /// … that they take no more than this part of a core, where that is possible: who waits longer for what is dear finds
    /// more that is new, and waits longer still.
    private static let share = 0.001

    private struct Member {
        var startTicks: UInt64
        var firstSeen: Int64
        /// `nil` as long as nothing is known.
        var books: ProcessTable.Books?
    }

    private let table: ProcessTable
    /// The command's.
    private var root: Int32?
    private var members: [Int32: Member] = [:]
    /// Those that belong to somebody else: nothing is asked of them again.
    private var strangers: Set<Int32>
    private var next: Int64 = 0

    /// Before the command is started: whoever is there belongs to somebody else.
    init(_ table: ProcessTable) {
        self.table = table
        strangers = Set(table.pids())
    }

    /// The command has been started.
    mutating func begin(at command: Int32) {
        root = command
        strangers.remove(command)
    }

    /// - Parameters:
    ///   - isFollowed: Whether the process of a segment is followed: who maps another one has become another program.
    ///   - now: `CLOCK_MONOTONIC`.
    mutating func search(at now: Int64, isFollowed: (String) -> Bool) -> Result {
        guard now >= next else { return Result() }
        let began = Clock.processor()
        defer {
            let pause = Int64(Double(Clock.processor() - began) / Self.share)
            next = now + min(max(pause, Self.pauses.lowerBound), Self.pauses.upperBound)
        }
        takeIn(table.pids(), at: now)
        var result = Result()
        for (pid, member) in members where now - member.firstSeen >= Self.leastNanoseconds {
            if case .segment(let name)? = member.books, isFollowed(name) { continue }
            guard member.books != ProcessTable.Books.none else { continue }
            // Another process may have the number by now.
            guard table.entry(pid)?.startTicks == member.startTicks else {
                members[pid] = nil
                continue
            }
            let books = table.books(pid)
            members[pid]?.books = books
            switch books {
            case .segment(let name): result.located.append((pid, name))
            case .none: result.uncovered.append(pid)
            case .gone: members[pid] = nil
            }
        }
        result.uncovered.sort()
        return result
    }

    /// It has been seen to end, or to carry the library: whatever has its number is looked at anew.
    mutating func forget(_ pid: Int32) { members[pid]?.books = nil }

    /// Tells the new ones apart, and lets go of those that have ended.
    private mutating func takeIn(_ pids: [Int32], at now: Int64) {
        let present = Set(pids)
        members = members.filter { present.contains($0.key) }
        strangers.formIntersection(present)
        var new: [Int32: ProcessTable.Entry] = [:]
        for pid in present where members[pid] == nil && !strangers.contains(pid) { new[pid] = table.entry(pid) }
        // A parent may be as new as its child.
        var isSettled = false
        while !isSettled {
            isSettled = true
            for (pid, entry) in new where pid == root || members[entry.parent] != nil {
                members[pid] = Member(startTicks: entry.startTicks, firstSeen: now)
                new[pid] = nil
                isSettled = false
            }
        }
        strangers.formUnion(new.keys)
    }
}
