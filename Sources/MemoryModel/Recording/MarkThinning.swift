extension Recording {
    /// Of one name in one process: more than a trend needs.
    private static let mostMarks = 256
    /// Of all names and processes together. A mark without its sites takes some 3 KB of the file.
    private static let mostMarksInAll = 2048
    /// The first and the last of a name are worth as much as another name.
    private static let leastMarks = 2

    /// Takes a mark in, and leaves others out where they become many: what bounds a recording of any length.
    ///
    /// Of the name that has most of them the first stays, the last, and in between every second, fourth, … by its number.
    ///
    /// - Returns: `false` where there is no room, as too many names in too many processes have marks: then it is not taken.
    package mutating func keep(mark: RecordedMoment, of process: Int) -> Bool {
        processes[process].moments.append(mark)
        processes[process].thinMarks(of: mark.kind, to: Self.mostMarks)
        let marks = processes.map(\.markCounts)
        guard marks.reduce(0, { $0 + $1.values.reduce(0, +) }) > Self.mostMarksInAll else { return true }
        let names = marks.enumerated().flatMap { place, counts in
            counts.map { (place: place, kind: $0.key, count: $0.value) }
        }
        if let most = names.max(by: { $0.count < $1.count }), most.count > Self.leastMarks {
            processes[most.place].thinMarks(of: most.kind, to: most.count - 1)
            return true
        }
        processes[process].moments.removeLast()
        return false
    }
}

extension RecordedProcess {
    fileprivate var markCounts: [RecordedMoment.Kind: Int] {
        moments.indices.reduce(into: [:]) { counts, place in
            // A moment is large, and this one is not copied.
            if moments[place].isMark { counts[moments[place].kind, default: 0] += 1 }
        }
    }

    /// The marks of a name whose numbers are 1 more than a multiple of the least power of two that leaves at most `limit`
    /// of them, and the last.
    fileprivate mutating func thinMarks(of kind: RecordedMoment.Kind, to limit: Int) {
        let places = moments.indices.filter { moments[$0].kind == kind }
        guard places.count > limit else { return }
        let numbers = places.enumerated().map { moments[$0.element].number ?? $0.offset + 1 }
        let last = numbers[numbers.count - 1]
        func isKept(_ number: Int, _ step: Int) -> Bool { (number - 1) % step == 0 || number == last }
        var step = 2
        while numbers.count(where: { isKept($0, step) }) > max(limit, 2) { step *= 2 }
        for (place, number) in zip(places, numbers).reversed() where !isKept(number, step) { moments.remove(at: place) }
    }
}
