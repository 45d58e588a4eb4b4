import MemoryModel
import System

/// Residency by `/proc/PID/pagemap`, one number a page.
///
/// The numbers leave open which pages are the zero page, which Rss does not count: usually a handful, in some .bss. They
/// are asked for one by one. Where they are many (a forked child's), or not to be asked for, or where most addresses are
/// reservations that would be read for nothing, smaps is read as well: it costs more than twice as much, most of it in
/// the kernel, with the target's mappings locked.
func pagemapResidency(
    of process: borrowing ProcessDirectory, mappings: [Mapping]
) throws(ProcessError) -> [ResidencyRun] {
    let mapped = mappings.filter { !$0.isVsyscall }
    let addresses = mapped.reduce(0) { $0 + Int(clamping: $1.range.count.rawValue) / pageSize }
    let resident = try process.statm().resident.rawValue / pageSize
    if addresses <= readableAddresses(resident: resident), try !process.hasHugetlbPages() {
        if let runs = try settledResidency(of: process, mappings: mapped) { return runs }
    }
    return try reconciledResidency(of: process)
}

/// How many pages of addresses may be read where so many are resident: an absent one costs a tenth of a present one.
private func readableAddresses(resident: Int) -> Int { 4 * resident + 1 << 18 }

/// More doubtful pages than this take longer than smaps.
private let askedPagesAtMost = 1 << 14

/// `nil`: there are too many pages in doubt, or nobody who answers.
private func settledResidency(
    of process: borrowing ProcessDirectory, mappings: [Mapping]
) throws(ProcessError) -> [ResidencyRun]? {
    let pagemap = try process.open("pagemap")
    var readings: [MappingPages] = []
    var doubtful: [UInt64] = []
    for mapping in mappings {
        let reading = try MappingPages(mapping, of: process, pagemap)
        doubtful += reading.doubtful(pageSize: pageSize, atMost: askedPagesAtMost + 1)
        guard doubtful.count <= askedPagesAtMost else { return nil }
        readings.append(reading)
    }
    guard let answers = try? areLeftOutOfRss(pages: doubtful, pid: process.pid) else { return nil }
    var rest = answers[...]
    return readings.flatMap { reading in
        var reading = reading
        reading.settle(&rest)
        return reading.runs(residentPages: nil, pageSize: pageSize)
    }
}

/// Pagemap and smaps. Mappings without a resident or swapped page are passed over, so that large reservations cost
/// nothing. A large reservation with a few resident pages is read whole: 2 MiB of pagemap for each GiB of addresses.
func reconciledResidency(of process: borrowing ProcessDirectory) throws(ProcessError) -> [ResidencyRun] {
    let entries = try process.smaps()
    let pagemap = try process.open("pagemap")
    var runs: [ResidencyRun] = []
    for entry in entries where !entry.isHugetlb && !entry.mapping.isVsyscall {
        guard entry.totals.rss > 0 || entry.totals.swap > 0 else { continue }
        let reading = try MappingPages(entry.mapping, of: process, pagemap)
        runs += reading.runs(residentPages: entry.totals.rss.rawValue / pageSize, pageSize: pageSize)
    }
    return runs
}

extension MappingPages {
    /// Reads the entries of all of its pages.
    fileprivate init(
        _ mapping: Mapping, of process: borrowing ProcessDirectory, _ pagemap: borrowing Descriptor
    ) throws(ProcessError) {
        self.init(mapping)
        let end = mapping.range.end.rawValue / UInt64(pageSize)
        var page = mapping.range.start.rawValue / UInt64(pageSize)
        while page < end {
            let words: [UInt64]
            do throws(SystemError) {
                words = try pagemap.readWords(at: Int64(page * 8), count: Int(min(end - page, 1 << 16)))
            } catch {
                throw ProcessError(error, pid: process.pid, file: "pagemap")
            }
            // Short: the process is gone.
            guard !words.isEmpty else { return }
            append(words)
            page += UInt64(words.count)
        }
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

        var isDoubtful: Bool { self == .hugeCandidate || self == .candidate }

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

    /// The bits of an entry that tell what kind of page it is.
    private static let telling: UInt64 = 1 << 63 | 1 << 62 | 1 << 61 | 1 << 58 | 1 << 56

    /// Adds the entries of the next pages.
    mutating func append(_ entries: [UInt64]) {
        var index = 0
        while index < entries.count {
            let first = entries[index] & Self.telling
            let begin = index
            repeat { index += 1 } while index < entries.count && entries[index] & Self.telling == first
            append(Kind(first, hasFile: hasFile), pages: index - begin)
        }
    }

    private mutating func append(_ kind: Kind, pages: Int) {
        if kinds.last?.kind == kind { kinds[kinds.count - 1].pages += pages } else { kinds.append((kind, pages)) }
    }

    /// The pages that may be the zero page or the kernel's, ascending: the first so many.
    func doubtful(pageSize: Int, atMost most: Int) -> [UInt64] {
        var doubtful: [UInt64] = []
        var page = 0
        for (kind, pages) in kinds {
            if kind.isDoubtful {
                for offset in 0..<min(pages, most - doubtful.count) {
                    doubtful.append((start + ByteCount((page + offset) * pageSize)).rawValue)
                }
            }
            page += pages
        }
        return doubtful
    }

    /// Takes the first of `answers`, for each page of ``doubtful(pageSize:atMost:)`` whether Rss leaves it out.
    mutating func settle(_ answers: inout ArraySlice<Bool>) {
        guard kinds.contains(where: \.kind.isDoubtful) else { return }
        let open = kinds
        kinds = []
        for (kind, pages) in open {
            guard kind.isDoubtful else {
                append(kind, pages: pages)
                continue
            }
            for isLeftOut in answers.prefix(pages) {
                append(isLeftOut ? .absent : kind == .hugeCandidate ? .file : .anonymous, pages: 1)
            }
            answers = answers.dropFirst(pages)
        }
    }

    /// What is resident or in swap, the zero page left out.
    ///
    /// If more pages are present than smaps counts in Rss, the difference is zero pages, and as many candidates are
    /// left out: those of the huge zero page, then others, from the last one down. That number is exact. *Which*
    /// candidates are small zero pages cannot be told where some of them are anonymous pages shared copy-on-write with
    /// a parent or child: then the pages of such a mapping may be told in the wrong places, while its sum still holds.
    /// With nil for Rss none is left out.
    func runs(residentPages: Int?, pageSize: Int) -> [ResidencyRun] {
        let present = pages { $0.state != nil && $0 != .swapped }
        var zero = residentPages.map { max(0, present - $0) } ?? 0
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
