import MemoryModel

extension Unmeasured {
    /// Why, and what to do.
    func text(_ style: TextStyle) -> String {
        func name(_ text: String) -> String { style.printable(text.cut).shortened(to: 80, ellipsis: style.ellipsis) }
        switch self {
        case .notRun(let reason): return style.printable(reason.cut)
        case .commandExited(let status):
            return "the command ended with \(status); make it end with 0, so that what was measured is all of it"
        case .commandSignaled(let signal):
            return "the command was ended by signal \(signal); let it come to its end"
                + (signal == 9 ? " (9 is also what the kernel sends when memory is short)" : "")
        case .nothingPreloaded:
            return "no process of the command loaded libsilt.so; programs that are linked statically or run as "
                + "another user (setuid) do not"
        case .recordingIncomplete(let missing):
            return missing.map { recordingDegradation($0, style) }.joined(separator: "; ")
        case .noProcess(let pattern):
            return "no process matched '\(name(pattern))'; give a pattern of a program's name or of a command line"
        case .noMoment(let moment): return moment.missing(name)
        case .missingInRuns(let count, let all):
            return "only \(count) of \(all) runs came to it; make every run do the same"
        case .noReading: return "it ended before its first reading; limit what lives longer"
        case .uncovered:
            return
                "it ran without books, so nothing but its RSS is known: it is linked statically, was started without "
                + "LD_PRELOAD, or below another silt run; say which processes the limit is about, or put it into \"ignore\""
        case .killed:
            return
                "nobody could read it at its exit: it was killed, or is below 10 MiB and was recorded without --all; let it "
                + "end by itself, or limit it at a mark"
        case .booksIncomplete(let missing):
            return missing.map { degradation($0, style: style) }.joined(separator: " ")
        case .noProof: return "leaks were not looked for; run with --leaks"
        case .proofFailed(let reason): return "what it leaked was not proved: \(style.printable(reason.cut))"
        case .proofIncomplete(let share):
            return "only \(share.percentOfNotAll) of its live blocks could be decided; see silt leaks --unreachable"
        case .noSites: return "no samples were looked at then; name the exit or a mark, and do not set SILT_SAMPLE to 0"
        case .siteUnlisted(let least):
            return
                "it is not among the largest sites, and the least of these has \(least.grouped), more than the limit; "
                + "name a larger one"
        case .sitesUnlisted(let unlisted):
            return
                "it names several sites, and those that are not among the largest have \(unlisted.grouped), which may be "
                + "its, too; name fewer"
        case .momentsReversed(let first, let second):
            return
                "'\(name(second.description))' came before '\(name(first.description))'; name them in their order, a mark "
                + "that is set again as '\(name(second.description))#1'"
        case .fewMarks(let number, let mark):
            return "\(number) of mark '\(name(mark))' is too few for a trend; set it five times or more"
        case .fewRuns(let runs):
            return "a baseline holds at least five runs, and this one has \(runs): --update-baseline --runs 5"
        case .notInBaseline: return "the baseline has no figure to compare it with; --update-baseline takes it in"
        }
    }
}

extension MomentName {
    fileprivate func missing(_ name: (String) -> String) -> String {
        switch kind {
        case .mark(let mark): "it set no mark '\(name(description))'; set it with silt_mark(\"\(name(mark))\")"
        case .peak, .fragmentation, .end: "it was not read at \(description); make it run longer"
        }
    }
}

private func recordingDegradation(_ identifier: String, _ style: TextStyle) -> String {
    switch identifier {
    case "cut-off": "the recording was cut off before the command ended; record it again"
    case "recording-not-written":
        "the recording is not whole, as there was no room for it; free some space, and record it again"
    case "processes-full": "the command had more processes than are recorded"
    case "descriptors-exhausted":
        "some processes could not be followed, as silt had no descriptors left; raise its limit (ulimit -n)"
    case "marks-full": "marks of more names, or in more processes, were set than are recorded; set fewer"
    default: "the recording is not whole (\(style.printable(identifier.cut))); record it again"
    }
}
