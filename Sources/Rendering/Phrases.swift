import MemoryModel

/// `1 thread`, `4 threads`.
func count(_ number: Int, _ singular: String, _ plural: String) -> String {
    "\(number.grouped) \(number == 1 ? singular : plural)"
}

/// For people: two units at most, `0.02 s`, `41.3 s`, `3 h 12 min`, `5 d 2 h`.
func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "an unknown time" }
    if seconds < 0.0995 { return (seconds * 1000).fixed(1) + " ms" }
    if seconds < 9.995 { return seconds.fixed(2) + " s" }
    if seconds < 59.95 { return seconds.fixed(1) + " s" }
    let whole = Int(seconds.rounded())
    switch whole {
    case ..<3_600: return "\(whole / 60) min \(whole % 60) s"
    case ..<86_400: return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    default: return "\(whole / 86_400) d \(whole % 86_400 / 3_600) h"
    }
}

/// A command as it could be typed, in one line that is safe to show; arguments that a shell would part are quoted.
func commandText(_ arguments: [String], style: TextStyle) -> String {
    // A kernel thread or a zombie has no arguments, but a name in brackets.
    if arguments.count == 1, let name = arguments.first, name.hasPrefix("["), name.hasSuffix("]") {
        return style.printable(name)
    }
    let quoted = arguments.map { argument in
        let isBare = !argument.isEmpty && !argument.contains { $0.isWhitespace || $0 == "'" || $0 == "\"" }
        return isBare ? argument : "'" + argument + "'"
    }
    return style.printable(quoted.joined(separator: " "))
}

/// A command in at most `columns`: the folder of the program goes first, then the end.
func commandText(_ arguments: [String], columns: Int, style: TextStyle) -> String {
    let whole = commandText(arguments, style: style)
    guard whole.columns > columns, let program = arguments.first?.split(separator: "/").last else {
        return whole.shortened(to: columns, ellipsis: style.ellipsis)
    }
    return commandText([String(program)] + arguments.dropFirst(), style: style)
        .shortened(to: columns, ellipsis: style.ellipsis)
}

extension Int {
    /// With a comma between thousands.
    var grouped: String {
        var digits = Array(String(self.magnitude))
        for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
        return (self < 0 ? "-" : "") + String(digits)
    }
}

extension Report {
    /// The allocator's name and version.
    func allocatorText(_ style: TextStyle) -> String {
        allocator == "unknown" ? "allocator unknown" : style.printable(allocator)
    }
}

extension Coverage {
    /// In two words, with the ink that it deserves.
    func span(style: TextStyle) -> Span {
        if source == "none" { return Span("no books of the heap", .warning) }
        let source = style.printable(source)
        return complete ? Span("\(source), complete", .faint) : Span("\(source), degraded", .warning)
    }
}

/// What is missing from a reading, in words; an identifier that is not known here stands for itself.
func degradation(_ identifier: String, style: TextStyle) -> String {
    degradations[identifier] ?? style.printable(identifier)
}

/// One sentence for every identifier of ``Coverage/degraded``.
private let degradations = [
    "segment-missing": "The process carries no books: it was started without libsilt.so, so its heap cannot be told "
        + "apart. Start it with `silt run`, or with the settings that `silt env` prints.",
    "segment-version":
        "The books are of another version of silt: use the `silt` that came with the process's libsilt.so.",
    "segment-truncated": "The file of the books is shorter than it says: they were not used.",
    "segment-invalid": "The books contradict themselves: they were not used.",
    "segment-foreign": "The books belong to another process: they were not used.",
    "segment-unreadable": "The books could not be read: run silt as the user of the process, or as root.",
    "books-stopped": "libsilt.so gave up the books before this reading.",
    "fork-inexact": "The process was forked while another thread was in the allocator: its books may be off by that "
        + "one operation.",
    "slots-exhausted": "More threads than the books have places for: the others share one, more slowly.",
    "leaves-full": "The heap outgrew the books: what lies beyond counts as free.",
    "ranges-full": "More mappings and large blocks than the books have room for: the rest is not attributed.",
    "ranges-busy": "A change of the mappings was missed, as the books were locked for too long.",
    "storage-full": "The books could not grow, as /dev/shm is full: enlarge it, or set SILT_DIR to another place.",
    "threads-full": "More threads than the books can name: the stacks of the rest are not known as stacks.",
    "other-allocator":
        "The allocator is not glibc's: sizes are what malloc_usable_size tells, and arenas, trimming and "
        + "thread caches are not known.",
    "bypassed": "The program's malloc is another one, of the module named at the top, which libsilt.so never sees: its "
        + "heap is not counted, and stands under mappings. Preload libsilt.so before any other library, if that one is "
        + "preloaded too.",
    "confined": "The process has confined itself by a seccomp filter: its books end where the room ends that was set "
        + "aside for them before.",
    "samples-unreadable": "The samples could not be read, so no code is named: use the `silt` that came with the "
        + "process's libsilt.so.",
    "memory-unreadable": "The memory of the process may not be read, so the prediction for trimming is an interval.",
    "later-version":
        "The file is of a later version of silt: what it calls by words that this one does not know counts "
        + "as unexplained, or is left out.",
    "lines-damaged": "Some lines of the recording are damaged or contradict it, and were left out.",
    "points-disordered": "The series of the recording was not in the order of time, and has been sorted.",
    "processes-full": "The recording has more processes than silt reads: the rest is left out.",
    "points-full": "The recording has more points than silt reads: the rest is left out.",
    "descriptors-exhausted": "Some processes could not be followed, as silt had no descriptors left: raise its limit "
        + "(ulimit -n).",
    "marks-full": "Marks of too many names, or in too many processes, were set to keep them all: the rest is left out.",
    "recording-not-written": "The recording could not be written whole: there was no room for it.",
    "torn": "The process ran on while it was read, and some figures changed midway.",
]
