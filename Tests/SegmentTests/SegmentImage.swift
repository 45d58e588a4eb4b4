import Foundation
import MemoryModel
import System

@testable import Segment

/// The bytes of a segment, put together from the numbers of the format's description and not from its C header: a change
/// of the header that would move a field fails here.
struct SegmentImage {
    enum Section: Int, CaseIterable {
        case slots = 1
        case leaves, counters, ranges, threads, heaps
    }

    /// Offset, entry size and capacity of each section as written by ``init()``.
    static let places: [Section: (offset: Int, entry: Int, capacity: Int)] = [
        .slots: (4096, 128, 4), .leaves: (8192, 8, 8), .ranges: (12288, 32, 8), .threads: (16384, 8, 8),
        .heaps: (20480, 8, 8), .counters: (24576, 4096, 8),
    ]
    static let fileBytes = 24576 + 8 * 4096

    var bytes = [UInt8](repeating: 0, count: fileBytes)

    /// A heap of three blocks and a large one, two threads with a leaf each for the same 8 MiB, a mapping.
    init() {
        set(0, 0x0147_4553_544c_4953, 8)
        set(8, 1, 4)
        set(16, 4096, 4)
        set(20, 4096, 4)
        set(24, UInt64(Self.fileBytes), 8)
        set(32, 4321, 4)
        set(36, 77, 4)
        set(48, 1, 4)
        set(64, 131072, 8)
        set(72, 262144, 8)
        set(80, 0x4010, 8)
        set(92, 3, 4)
        set(104, 0x7000_0000, 8)
        set(112, 0x1000, 8)
        text(120, "glibc 2.36")
        for (section, place) in Self.places {
            setSection(section, field: 0, UInt64(section.rawValue), 4)
            setSection(section, field: 4, UInt64(place.entry), 4)
            setSection(section, field: 8, UInt64(place.offset), 8)
            setSection(section, field: 16, UInt64(place.capacity), 8)
        }
        slot(1, bytes: 5000 + 8192, blocks: 5)
        slot(2, bytes: -1000, blocks: -1)
        leaf(0, key: 3, slot: 1, counters: [0: 4096, 5: 904])
        leaf(1, key: 3, slot: 2, counters: [5: UInt16(bitPattern: -1000)])
        // Granule 5 would be below 0: a third leaf, shared, makes it whole.
        leaf(2, key: 3, slot: 0, counters: [5: 500])
        slot(0, bytes: 500, blocks: 0)
        range(0, start: 0x10000, end: 0x12000, caller: 0, kind: 2)
        range(1, start: 0x20000, end: 0x30000, caller: 0x4444, kind: 1)
        set(Self.places[.threads]!.offset, 0x7f00_0000_0740, 8)
        set(Self.places[.heaps]!.offset, 0x7f00_0400_0000, 8)
        count(.slots, 3)
        count(.leaves, 3)
        count(.counters, 3)
        count(.ranges, 2)
        count(.threads, 1)
        count(.heaps, 1)
    }

    mutating func set(_ offset: Int, _ value: UInt64, _ width: Int) {
        for index in 0..<width { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }

    mutating func text(_ offset: Int, _ text: String) {
        bytes.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }

    /// A field of a section's description: kind at 0, entry's bytes at 4, offset at 8, capacity at 16, count at 24.
    mutating func setSection(_ section: Section, field: Int, _ value: UInt64, _ width: Int) {
        set(512 + 32 * section.rawValue + field, value, width)
    }

    mutating func count(_ section: Section, _ value: UInt64) { setSection(section, field: 24, value, 8) }

    mutating func slot(_ index: Int, bytes: Int, blocks: Int) {
        let at = Self.places[.slots]!.offset + index * 128
        set(at, UInt64(bitPattern: Int64(bytes)), 8)
        set(at + 8, UInt64(bitPattern: Int64(blocks)), 8)
    }

    mutating func leaf(_ index: Int, key: UInt32, slot: UInt32, counters: [Int: UInt16]) {
        set(Self.places[.leaves]!.offset + index * 8, UInt64(key), 4)
        set(Self.places[.leaves]!.offset + index * 8 + 4, UInt64(slot), 4)
        for (granule, value) in counters {
            set(Self.places[.counters]!.offset + index * 4096 + granule * 2, UInt64(value), 2)
        }
    }

    mutating func range(_ index: Int, start: UInt64, end: UInt64, caller: UInt64, kind: UInt64) {
        let at = Self.places[.ranges]!.offset + index * 32
        set(at, start, 8)
        set(at + 8, end, 8)
        set(at + 16, caller, 8)
        set(at + 24, kind, 4)
    }
}

/// A directory that stands for a process's root, with one segment in it; removed afterwards.
final class SegmentDirectory {
    let path = NSTemporaryDirectory() + "silt-segment-\(UUID().uuidString)"
    let name = "silt-4321-abc"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes the file, `holeBytes` longer than `bytes`.
    func write(_ bytes: [UInt8], holeBytes: Int = 0) throws {
        try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
        try Descriptor.open("\(path)/\(name)", flags: O_WRONLY | O_CREAT | O_EXCL).write(bytes)
        if holeBytes > 0, unsafe truncate("\(path)/\(name)", bytes.count + holeBytes) != 0 {
            throw SystemError(call: "truncate", errno: errno, what: name)
        }
    }

    /// The line of maps of a process that maps the file.
    func mapping(named path: String? = nil) throws -> Mapping {
        let status = try Descriptor.open("\(self.path)/\(name)").status()
        return Mapping(
            range: AddressRange(start: Address(0x1000), end: Address(0x2000)), permissions: [.read, .write, .shared],
            device: DeviceNumber(major: status.deviceMajor, minor: status.deviceMinor), inode: status.inode,
            name: path ?? "/\(name)")
    }

    func open(
        _ mapping: Mapping, pid: Int = 4321, owner: UInt32 = User.effective
    ) throws -> SegmentFile {
        let root = try Descriptor.open(path, flags: O_DIRECTORY)
        return try SegmentFile.open(mapping: mapping, root: root, pid: pid, owner: owner)
    }

    func read(_ image: SegmentImage) throws -> SegmentBooks {
        try write(image.bytes)
        return try open(mapping()).read()
    }
}
