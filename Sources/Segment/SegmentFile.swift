internal import Glibc
package import MemoryModel
internal import SegmentABI
package import System

/// A process's segment, open for reading.
///
/// Nothing in it is trusted, and it is never mapped: the process may write anything into it, or truncate it, at any time.
package struct SegmentFile: ~Copyable {
    private let file: Descriptor
    private let pid: Int

    /// What the name of every segment begins with.
    package static let prefix = SILT_SEGMENT_PREFIX

    /// The mapping of a segment among those of a process.
    package static func mapping(in mappings: [Mapping]) -> Mapping? {
        mappings.first { mapping in
            guard mapping.permissions.contains(.shared), mapping.offset == 0 else { return false }
            return mapping.name.split(separator: "/").last?.hasPrefix(prefix) == true
        }
    }

    /// Opens the file that a process maps, and makes sure that it is that file.
    ///
    /// - Parameters:
    ///   - mapping: The line of the process's maps.
    ///   - root: The process's root directory; the path is looked up below it and no link is followed.
    ///   - pid: The process as it sees itself (the innermost `NSpid`).
    ///   - owner: The process's user; the file belongs to it or to root.
    package static func open(
        mapping: Mapping, root: borrowing Descriptor, pid: Int, owner: UInt32
    ) throws(SegmentError) -> SegmentFile {
        let found: Descriptor
        do { found = try Descriptor.findBeneath(root: root, path: mapping.name) } catch { throw .system(error) }
        try check(try status(of: found), mapping: mapping, owner: owner)
        do { return SegmentFile(file: try found.opened(), pid: pid) } catch { throw .system(error) }
    }

    /// Opens a segment in a directory that only its owner can write to, whoever maps it: for ``glance()``.
    ///
    /// - Parameter owner: The user that the file must belong to.
    package static func open(
        at directory: borrowing Descriptor, _ name: String, owner: UInt32
    ) throws(SegmentError) -> SegmentFile {
        let file: Descriptor
        do {
            file = try Descriptor.open(at: directory, name, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        } catch { throw .system(error) }
        let status = try status(of: file)
        guard status.isRegular, status.uid == owner else { throw .notOwned }
        return SegmentFile(file: file, pid: 0)
    }

    private init(file: consuming Descriptor, pid: Int) {
        self.file = file
        self.pid = pid
    }

    private static func check(_ status: Descriptor.Status, mapping: Mapping, owner: UInt32) throws(SegmentError) {
        guard status.isRegular, status.inode == mapping.inode, status.deviceMajor == mapping.device.major,
            status.deviceMinor == mapping.device.minor
        else { throw .replaced }
        // Root's, where the process was root when it made the file and became somebody else since: a web server's worker.
        guard status.uid == owner || status.uid == 0, status.mode & 0o7777 == 0o600 else { throw .notOwned }
    }

    /// Copies out everything that the segment says now.
    package func read() throws(SegmentError) -> SegmentBooks {
        let header = try readOwnHeader()
        var books = SegmentBooks(header: header)
        let totals = try entries(header, SILT_SECTION_SLOTS, as: silt_slot.self)
        books.liveBytes = ByteCount(totals.reduce(0) { $0 &+ $1.liveBytes })
        books.liveBlocks = totals.reduce(0) { $0 &+ Int($1.live_blocks) }
        try readLedger(header, into: &books)
        try readRanges(header, into: &books)
        books.threadPointers = try entries(header, SILT_SECTION_THREADS, as: UInt64.self).map { Address($0) }
        books.arenaHeaps = Set(try entries(header, SILT_SECTION_HEAPS, as: UInt64.self)).subtracting([0]).sorted()
            .map { Address($0) }
        return books
    }

    func readHeader() throws(SegmentError) -> SegmentHeader {
        let size = try Self.status(of: file).size
        return try SegmentHeader(
            bytes: try bytes(at: 0, count: MemoryLayout<silt_segment_header>.size), fileBytes: size)
    }

    /// The header, if the books are those of the process itself.
    func readOwnHeader() throws(SegmentError) -> SegmentHeader {
        let header = try readHeader()
        guard header.raw.pid == UInt32(truncatingIfNeeded: pid) else { throw .ofAnotherProcess(pid: header.raw.pid) }
        return header
    }

    func lock(_ operation: Int32) throws(SystemError) { try file.flock(operation) }

    private static func status(of file: borrowing Descriptor) throws(SegmentError) -> Descriptor.Status {
        do { return try file.status() } catch { throw .system(error) }
    }

    func bytes(at offset: Int64, count: Int) throws(SegmentError) -> [UInt8] {
        do { return try file.read(at: offset, count: count) } catch { throw .system(error) }
    }

    func entries<Entry: BitwiseCopyable>(
        _ header: SegmentHeader, _ kind: silt_section_kind, as type: Entry.Type
    ) throws(SegmentError) -> [Entry] {
        var found: [Entry] = []
        try forEachEntry(of: try header.section(kind), as: type) { found.append($0) }
        return found
    }

    func forEachEntry<Entry: BitwiseCopyable>(
        of section: SegmentHeader.Section, as type: Entry.Type, _ body: (Entry) -> Void
    ) throws(SegmentError) {
        guard section.entryBytes >= MemoryLayout<Entry>.size else { throw .implausible("an entry's size") }
        // In pieces: entries may be longer in the file than what is kept of them.
        let entriesAtOnce = 4096
        for start in stride(from: 0, to: section.count, by: entriesAtOnce) {
            let count = min(entriesAtOnce, section.count - start)
            let offset = section.offset + Int64(start * section.entryBytes)
            let bytes = try bytes(at: offset, count: count * section.entryBytes)
            guard bytes.count == count * section.entryBytes else { throw .truncated }
            unsafe bytes.withUnsafeBytes { buffer in
                for index in 0..<count {
                    body(unsafe buffer.loadUnaligned(fromByteOffset: index * section.entryBytes, as: type))
                }
            }
        }
    }

    private func readRanges(_ header: SegmentHeader, into books: inout SegmentBooks) throws(SegmentError) {
        var ranges: [silt_range] = []
        for _ in 0..<4 {
            let before = try readHeader().raw.ranges_sequence
            ranges = try entries(header, SILT_SECTION_RANGES, as: silt_range.self)
            if before % 2 == 0, try readHeader().raw.ranges_sequence == before { break }
        }
        books.take(ranges)
    }

    /// Leaves are read in pieces: a heap of 60 GiB has 30 MiB of them.
    private func readLedger(_ header: SegmentHeader, into books: inout SegmentBooks) throws(SegmentError) {
        let leavesAtOnce = 256
        let leaves = try entries(header, SILT_SECTION_LEAVES, as: silt_leaf.self)
        let section = try header.section(SILT_SECTION_COUNTERS)
        guard section.entryBytes == SILT_LEAF_BYTES else { throw .implausible("a leaf's size") }
        var sums = LeafSums()
        for start in stride(from: 0, to: min(leaves.count, section.count), by: leavesAtOnce) {
            let keys = leaves[start..<min(start + leavesAtOnce, leaves.count, section.count)].map(\.key)
            let offset = section.offset + Int64(start) * Int64(SILT_LEAF_BYTES)
            let bytes = try bytes(at: offset, count: keys.count * Int(SILT_LEAF_BYTES))
            guard bytes.count == keys.count * Int(SILT_LEAF_BYTES) else { throw .truncated }
            sums.add(bytes, keys: keys)
        }
        (books.ledger, books.torn, books.counted) = sums.finish()
    }
}
