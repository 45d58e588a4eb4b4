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
            var reading = MappingPages(entry.mapping)
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
        /// Present, and a file's page in a mapping without a file: the huge zero page, which is not in Rss
        /// (`fs/proc/task_mmu.c`, pagemap_pmd_range: what is not anonymous is a file's), or a page of the kernel's.
        case hugeCandidate
        /// Present, neither a file's nor exclusively this process's: the zero page, which is not in Rss, or an
        /// anonymous page that is shared copy-on-write, which is.
        case candidate
        case swapped

        init(_ entry: UInt64, hasFile: Bool) {
            let isSet = { (bit: UInt64) in entry >> bit & 1 == 1 }
            self =
                if isSet(63) {
                    isSet(61) ? (hasFile ? .file : .hugeCandidate) : isSet(56) ? .anonymous : .candidate
                } else if isSet(62) {
                    // Bit 58: a guard, made by MADV_GUARD_INSTALL; since Linux 6.15, 0 before.
                    isSet(58) ? .absent : .swapped
                } else {
                    .absent
                }
        }

        /// The state of its pages, as far as they are in Rss or in swap.
        var state: ResidencyRun.State? {
            switch self {
            case .absent: nil
            case .file, .hugeCandidate: .file
            case .anonymous, .candidate: .anonymous
            case .swapped: .swapped
            }
        }
    }

    private let start: Address
    private let hasFile: Bool
    /// Maximal runs of one kind, without gaps from the first page on.
    private var kinds: [(kind: Kind, pages: Int)] = []

    init(_ mapping: Mapping) {
        start = mapping.range.start
        // A private mapping of /dev/zero is as good as none (drivers/char/mem.c, mmap_zero).
        hasFile = mapping.inode != 0 && mapping.name != "/dev/zero"
    }

    /// Adds the entry of the next page.
    mutating func append(_ entry: UInt64) {
        let kind = Kind(entry, hasFile: hasFile)
        if kinds.last?.kind == kind { kinds[kinds.count - 1].pages += 1 } else { kinds.append((kind, 1)) }
    }

    /// What is resident or in swap, the zero page left out.
    ///
    /// If more pages are present than smaps counts in Rss, the difference is zero pages, and as many candidates are
    /// left out: those of the huge zero page, then others, from the last one down. That number is exact. *Which*
    /// candidates are small zero pages cannot be told where some of them are anonymous pages shared copy-on-write with
    /// a parent or child: then the pages of such a mapping may be told in the wrong places, while its sum still holds.
    func runs(residentPages: Int, pageSize: Int) -> [ResidencyRun] {
        let present = pages { $0.state != nil && $0 != .swapped }
        var zero = max(0, present - residentPages)
        let hugeZero = min(zero, pages { $0 == .hugeCandidate })
        zero = min(zero - hugeZero, pages { $0 == .candidate })
        var keptHuge = pages { $0 == .hugeCandidate } - hugeZero
        var keptSmall = pages { $0 == .candidate } - zero
        var runs: [ResidencyRun] = []
        var position = start
        for (kind, pages) in kinds {
            var count = pages
            if kind == .hugeCandidate { count = Self.take(pages, from: &keptHuge) }
            if kind == .candidate { count = Self.take(pages, from: &keptSmall) }
            let range = AddressRange(start: position, end: position + ByteCount(count * pageSize))
            position = position + ByteCount(pages * pageSize)
            guard let state = kind.state, !range.isEmpty else { continue }
            // A candidate that is kept continues the anonymous pages beside it.
            if let last = runs.last, last.state == state, last.range.end == range.start {
                runs[runs.count - 1].range.end = range.end
            } else {
                runs.append(ResidencyRun(range: range, state: state))
            }
        }
        return runs
    }

    private func pages(where isMeant: (Kind) -> Bool) -> Int {
        kinds.reduce(0) { $0 + (isMeant($1.kind) ? $1.pages : 0) }
    }

    /// As much of `count` as is left.
    private static func take(_ count: Int, from rest: inout Int) -> Int {
        let taken = min(count, rest)
        rest -= taken
        return taken
    }
}
