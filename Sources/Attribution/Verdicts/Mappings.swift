import MemoryModel

/// `mappings` and `python`: anonymous memory that was mapped past the heap.
extension Evidence {
    var mappingsVerdict: Verdict {
        let row = row(.mappings)
        let python = row.owners.filter { Self.isPython($0.name) }.reduce(0) { $0 + $1.bytes }
        return python.rawValue >= row.bytes.rawValue - python.rawValue ? pythonVerdict(python) : ownVerdict(row)
    }

    private func ownVerdict(_ row: LedgerRow) -> Verdict {
        let first = row.owners.first
        return verdict(
            .mappings, row.bytes,
            "\(withShare(row.bytes)) were mapped by the program itself, past the heap, "
                + "\(first?.bytes.text ?? "0 B") of it by \(first?.name ?? OwnerTally.unloaded).",
            [
                noTrim,
                Verdict.Remedy(
                    kind: .lasting,
                    action: "Look for the setting that bounds this memory in \(first?.name ?? OwnerTally.unloaded).",
                    predicted: nil),
            ])
    }

    /// CPython 3.11 maps arenas for objects up to 512 bytes and unmaps one only when it is wholly free
    /// (Objects/obmalloc.c).
    private func pythonVerdict(_ python: ByteCount) -> Verdict {
        verdict(
            .python, python,
            "\(withShare(python)) were mapped by the Python interpreter, for the arenas of its own allocator.",
            [
                noTrim,
                Verdict.Remedy(
                    kind: .lasting,
                    action: "Drop the objects that are not needed: an arena goes back only when all of it is free; "
                        + "run with PYTHONMALLOC=malloc under silt to see them in the heap's rows.",
                    predicted: nil),
            ])
    }

    private var noTrim: Verdict.Remedy {
        Verdict.Remedy(
            kind: .now, action: "Do not bother to trim: malloc_trim(0) does not reach this memory.", predicted: 0)
    }

    private static func isPython(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        return name.hasPrefix("python") || name.hasPrefix("libpython")
    }
}
