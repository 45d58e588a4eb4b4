internal import SegmentABI

/// The header, copied out and checked.
struct SegmentHeader {
    struct Section: Equatable {
        var entryBytes: Int
        var offset: Int64
        /// Entries that may be in use.
        var count: Int
        /// Entries that there is room for.
        var capacity: Int
    }

    var raw: silt_segment_header
    var allocator: String
    private var sections: [UInt32: Section]
    /// Tables that may be missing, and count as missing because their place or size cannot be right.
    var damaged: Int

    /// The tables without which there are no books. Every other may be missing, and does no harm where it is damaged.
    private static let required = SILT_SECTION_SLOTS.rawValue...SILT_SECTION_HEAPS.rawValue
    /// As many entries as the longest of these has in this version: a number above it is damage or malice.
    private static let plausibleEntries: UInt64 = 1 << 17
    /// As long as the longest entry, a leaf: a sparse file has room for any number of bytes.
    private static let plausibleEntryBytes = UInt32(SILT_LEAF_BYTES)

    /// - Parameters:
    ///   - bytes: The first bytes of the file.
    ///   - fileBytes: The size of the file.
    init(bytes: [UInt8], fileBytes: Int64) throws(SegmentError) {
        guard bytes.count >= MemoryLayout<silt_segment_header>.size else { throw .truncated }
        raw = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: silt_segment_header.self) }
        guard raw.magic == UInt64(SILT_SEGMENT_MAGIC) else {
            // The last byte of the magic is the major version.
            throw raw.magic & 0xff_ffff_ffff_ffff == UInt64(SILT_SEGMENT_MAGIC) & 0xff_ffff_ffff_ffff
                ? .version(UInt32(raw.magic >> 56)) : .notASegment
        }
        guard raw.version_major == SILT_SEGMENT_MAJOR else { throw .version(raw.version_major) }
        guard raw.state != SILT_STATE_BUILDING.rawValue else { throw .building }
        guard raw.granule_bytes == 1 << SILT_GRANULE_SHIFT else { throw .implausible("the granule's size") }
        guard raw.header_bytes >= UInt32(bytes.count) else { throw .implausible("the header's size") }
        guard fileBytes > 0, raw.file_bytes <= UInt64(fileBytes) else { throw .truncated }
        allocator = Self.text(bytes, at: MemoryLayout<silt_segment_header>.offset(of: \.allocator)!, count: 64)
        (sections, damaged) = try Self.sections(bytes, fileBytes: raw.file_bytes)
    }

    func section(_ kind: silt_section_kind) throws(SegmentError) -> Section {
        guard let section = sections[kind.rawValue] else { throw .implausible("the list of sections") }
        return section
    }

    /// A table that may be missing; `nil` too where what the header says of it cannot be.
    func optionalSection(_ kind: silt_section_kind) -> Section? { sections[kind.rawValue] }

    private static func sections(
        _ bytes: [UInt8], fileBytes: UInt64
    ) throws(SegmentError) -> (found: [UInt32: Section], damaged: Int) {
        let first = MemoryLayout<silt_segment_header>.offset(of: \.sections)!
        let stride = MemoryLayout<silt_section>.stride
        var found: [UInt32: Section] = [:]
        var damaged = 0
        for index in 1..<Int(SILT_SECTION_CAPACITY.rawValue) {
            let section = unsafe bytes.withUnsafeBytes {
                unsafe $0.loadUnaligned(fromByteOffset: first + index * stride, as: silt_section.self)
            }
            guard section.kind == UInt32(index) else { continue }
            do throws(SegmentError) {
                found[section.kind] = try checked(section, fileBytes: fileBytes)
            } catch {
                if required.contains(section.kind) { throw error }
                damaged += 1
            }
        }
        return (found, damaged)
    }

    private static func checked(_ section: silt_section, fileBytes: UInt64) throws(SegmentError) -> Section {
        let isRequired = required.contains(section.kind)
        guard section.capacity <= (isRequired ? plausibleEntries : fileBytes), section.entry_bytes > 0,
            section.entry_bytes <= plausibleEntryBytes
        else {
            throw .implausible("the size of section \(section.kind)")
        }
        let (bytes, isTooLong) = section.capacity.multipliedReportingOverflow(by: UInt64(section.entry_bytes))
        let (end, overflows) = section.offset.addingReportingOverflow(bytes)
        guard !isTooLong, !overflows, end <= fileBytes else {
            throw .implausible("the place of section \(section.kind)")
        }
        let count = min(section.count, section.capacity)
        return Section(
            entryBytes: Int(section.entry_bytes), offset: Int64(section.offset), count: Int(count),
            capacity: Int(section.capacity))
    }

    private static func text(_ bytes: [UInt8], at offset: Int, count: Int) -> String {
        String(decoding: bytes[offset..<offset + count].prefix { $0 != 0 }, as: UTF8.self)
    }
}
