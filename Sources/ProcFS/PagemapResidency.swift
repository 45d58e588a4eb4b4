import MemoryModel
import System

/// Residency by `/proc/PID/pagemap`, one number a page, reconciled with smaps.
///
/// Mappings without a resident or swapped page are passed over, so that large reservations cost nothing. A large
/// reservation with a few resident pages is read whole: 2 MiB of pagemap for each GiB of addresses.
func pagemapResidency(of process: borrowing ProcessDirectory) throws(ProcessError) -> [ResidencyRun] {
    let entries = try process.smaps()
    let pagemap = try process.open("pagemap")
    var runs: [ResidencyRun] = []
    for entry in entries where !entry.isHugetlb && !entry.mapping.isVsyscall {
        guard entry.totals.rss > 0 || entry.totals.swap > 0 else { continue }
        do throws(SystemError) {
            var reading = MappingPages(start: entry.mapping.range.start)
            try forEachPage(of: entry.mapping.range, pagemap) { reading.append($0) }
            runs += reading.runs(residentPages: entry.totals.rss.rawValue / pageSize, pageSize: pageSize)
        } catch {
            throw ProcessError(error, pid: process.pid, file: "pagemap")
        }
    }
    return runs
}

/// Calls `body` with the entry of every page of a range, ascending.
private func forEachPage(
    of range: AddressRange, _ pagemap: borrowing Descriptor, _ body: (UInt64) -> Void
) throws(SystemError) {
    let end = range.end.rawValue / UInt64(pageSize)
    var page = range.start.rawValue / UInt64(pageSize)
    while page < end {
        let words = try pagemap.readWords(at: Int64(page * 8), count: Int(min(end - page, 1 << 16)))
        // Short: the process is gone.
        guard !words.isEmpty else { return }
        for word in words { body(word) }
        page += UInt64(words.count)
    }
}

/// The pages of one mapping, as pagemap tells them.
struct MappingPages {
    /// What one entry of pagemap says (Documentation/admin-guide/mm/pagemap.rst).
    private enum Kind: Equatable {
        case absent
        case file
        case anonymous
        /// Present, neither a file's nor exclusively this process's: the zero page, which is not in Rss, or an
        /// anonymous page that is shared copy-on-write, which is.
        case candidate
        case swapped

        init(_ entry: UInt64) {
            let isSet = { (bit: UInt64) in entry >> bit & 1 == 1 }
            self =
                if isSet(63) {
                    isSet(61) ? .file : isSet(56) ? .anonymous : .candidate
                } else if isSet(62) {
                    // Bit 58: a guard, made by MADV_GUARD_INSTALL; since Linux 6.15, 0 before.
                    isSet(58) ? .absent : .swapped
                } else {
                    .absent
                }
        }
    }

    private let start: Address
    /// Maximal runs of one kind, without gaps from the first page on.
    private var kinds: [(kind: Kind, pages: Int)] = []

    init(start: Address) { self.start = start }

    /// Adds the entry of the next page.
    mutating func append(_ entry: UInt64) {
        let kind = Kind(entry)
        if kinds.last?.kind == kind { kinds[kinds.count - 1].pages += 1 } else { kinds.append((kind, 1)) }
    }

    /// What is resident or in swap, the zero page left out.
    ///
    /// If more pages are present than smaps counts in Rss, the difference is zero pages, and as many candidates are
    /// left out, from the last one down. That number is exact. *Which* candidates are zero pages cannot be told where
    /// some of them are anonymous pages shared copy-on-write with a parent or child: then single pages of such a
    /// mapping may be attributed to a neighbour's place, while its sum still holds.
    func runs(residentPages: Int, pageSize: Int) -> [ResidencyRun] {
        let present = kinds.reduce(0) { $0 + ($1.kind == .absent || $1.kind == .swapped ? 0 : $1.pages) }
        let candidates = kinds.reduce(0) { $0 + ($1.kind == .candidate ? $1.pages : 0) }
        var kept = candidates - min(candidates, max(0, present - residentPages))
        var runs: [ResidencyRun] = []
        var position = start
        for (kind, pages) in kinds {
            let next = position + ByteCount(pages * pageSize)
            defer { position = next }
            var end = next
            if kind == .candidate {
                end = position + ByteCount(min(pages, kept) * pageSize)
                kept -= min(pages, kept)
            }
            let state: ResidencyRun.State
            switch kind {
            case .absent: continue
            case .file: state = .file
            case .swapped: state = .swapped
            case .anonymous, .candidate: state = .anonymous
            }
            guard position < end else { continue }
            // A candidate that is kept continues the anonymous pages beside it.
            if let last = runs.last, last.state == state, last.range.end == position {
                runs[runs.count - 1].range.end = end
            } else {
                runs.append(ResidencyRun(range: AddressRange(start: position, end: end), state: state))
            }
        }
        return runs
    }
}
