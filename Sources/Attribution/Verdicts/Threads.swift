import MemoryModel

/// `threads`: memory that is there once a thread: the tops of secondary arenas, or stacks.
extension Evidence {
    var arenaTopsVerdict: Verdict {
        let kept = keptBySecondaryArenas
        let count = heap.arenas.count { !$0.isMain && $0.kept > 0 }
        return verdict(
            .threads, kept,
            "\(withShare(kept)) are free pages in \(count) arena\(count == 1 ? "" : "s") of threads, "
                + "mostly at their tops, which malloc_trim never returns.\(courseSentence)",
            [trimRemedy, arenaRemedy])
    }

    var stacksVerdict: Verdict {
        let stacks = bytes(.stacks)
        return verdict(
            .threads, stacks,
            "\(withShare(stacks)) are stacks of threads; \(threads) thread\(threads == 1 ? " is" : "s are") alive.",
            [
                Verdict.Remedy(
                    kind: .lasting,
                    action: "Run fewer threads, or let them recurse less and put large buffers on the heap: "
                        + "a stack keeps every page that it ever reached.",
                    predicted: nil)
            ])
    }
}
