import Foundation

/// A segment's file, as a stranger may change it: shim/include/silt_segment.h gives the offsets.
struct SegmentFile {
    static let headerBytes = 4096
    static let versionMajor: UInt64 = 8
    static let pid: UInt64 = 32
    static let state: UInt64 = 48
    static let sections: UInt64 = 512
    static let sectionBytes: UInt64 = 32

    let path: String

    init(path: String) { self.path = path }

    /// The only one in a folder.
    init(in scratch: Scratch) throws {
        let names = scratch.segmentNames()
        guard names.count == 1 else { throw Trouble("not one segment: \(names)") }
        path = "\(scratch.segments)/\(names[0])"
    }

    /// A sparse copy, which belongs to nobody yet.
    init(copying other: SegmentFile, to path: String) throws {
        let outcome = try run(["/usr/bin/cp", "--sparse=always", "--preserve=mode", other.path, path])
        guard outcome.status == 0 else { throw Trouble(outcome.errors) }
        self.path = path
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws {
        guard let file = FileHandle(forUpdatingAtPath: path) else { throw Trouble("cannot open \(path)") }
        defer { try? file.close() }
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data(bytes))
    }

    func write(_ number: some FixedWidthInteger, at offset: UInt64) throws {
        let count = number.bitWidth / 8
        try write((0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }, at: offset)
    }

    func truncate(to bytes: UInt64) throws {
        guard let file = FileHandle(forUpdatingAtPath: path) else { throw Trouble("cannot open \(path)") }
        defer { try? file.close() }
        try file.truncate(atOffset: bytes)
    }

    func setMode(_ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    func remove() throws { try FileManager.default.removeItem(atPath: path) }

    /// Puts another file of the same content in its place.
    func replace() throws {
        let twin = try SegmentFile(copying: self, to: path + ".twin")
        guard unsafe rename(twin.path, path) == 0 else { throw Trouble("rename") }
    }
}
