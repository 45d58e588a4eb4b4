import MemoryModel

/// The address space, divided among its holders.
struct Partition {
    /// Ascending and disjoint; together they are the lines of maps.
    let pieces: [Piece]
    let heaps: Heaps

    /// What comes first holds what comes later in the way:
    /// the observer, lines that their name explains, heaps, thread stacks, the program's own mappings, modules' areas.
    init(_ snapshot: Snapshot) {
        let witness = snapshot.heap
        let lines = LineTable(snapshot.mappings, observerLibrary: witness?.observerLibrary ?? "")
        var canvas = Canvas(lines.lines)
        if let witness { canvas.paint(witness.observerClaims) }
        canvas.paint(
            lines.lines.lazy.filter { $0.kind != .anonymous }
                .map { Piece(granules: $0.granules, holder: .line($0.kind)) })
        if let witness {
            heaps = Heaps(lines: lines, witness: witness)
            canvas.paint(heaps.claims)
            let main = witness.mainThreadPointer
            let finder = StackFinder(lines: lines, heaps: heaps.heaps, witness: witness)
            canvas.paint(finder.claims(witness.threadPointers.filter { $0 != main }))
            canvas.paint(witness.ownMappingClaims)
            canvas.paint(lines.moduleAreaClaims(mainThreadPointer: main))
        } else {
            heaps = Heaps()
            canvas.paint(lines.bssClaims)
        }
        pieces = canvas.finish(.unclaimed)
    }
}
