import MemoryModel

/// `silt`: the observer's segment, private memory and library. It comes before everything else, so that what silt
/// costs is never hidden in a row of the program's.
extension HeapWitness {
    var observerClaims: [Piece] {
        observer.map { Piece(granules: $0.granules, holder: .line(.observer)) }
    }
}

extension Mapping {
    /// A library that was replaced on disk since keeps its mapping, and maps appends ` (deleted)` (fs/d_path.c).
    func isObserver(library: String) -> Bool {
        !library.isEmpty && (name == library || name == library + " (deleted)")
    }
}
