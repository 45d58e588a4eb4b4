import Foundation
import MemoryModel
import System
import Testing

@testable import Segment

struct `A segment` {
    @Test func `is read whole`() throws {
        let books = try SegmentDirectory().read(SegmentImage())
        #expect(books.pid == 4321 && books.forkedFrom == 77)
        #expect(books.allocator == "glibc 2.36" && books.isGlibc && books.degraded == [] && books.leaving == .no)
        #expect(books.privateMemory == AddressRange(start: Address(0x7000_0000), end: Address(0x7000_1000)))
        #expect(books.tunables.mmapThreshold == .kibibytes(128) && books.tunables.trimThreshold == .kibibytes(256))
        #expect(books.tunables.isDynamic && books.tunables.trimCalls == 3)
        #expect(books.thresholdCaller == Address(0x4010))
        #expect(books.liveBytes == 12692 && books.liveBlocks == 4)
        #expect(books.ledger.spans.map(\.key) == [2])
        #expect(books.ledger[Granule(2 * 2048)] == 4096 && books.ledger[Granule(2 * 2048 + 5)] == 404)
        #expect(books.torn == 0 && books.counted == 4500 && books.isConsistent)
        #expect(books.blocks == [AddressRange(start: Address(0x10000), end: Address(0x12000))])
        #expect(books.ownMappings.map(\.range) == [AddressRange(start: Address(0x20000), end: Address(0x30000))])
        #expect(books.ownMappings.map(\.caller) == [Address(0x4444)])
        #expect(books.threadPointers == [Address(0x7f00_0000_0740)])
        #expect(books.arenaHeaps == [Address(0x7f00_0400_0000)])
    }

    @Test func `keeps what was torn within a granule, and says so`() throws {
        var image = SegmentImage()
        image.leaf(2, key: 3, slot: 0, counters: [5: 0, 6: 4097, 7: 0xfff0])
        let books = try SegmentDirectory().read(image)
        let first = Granule(2 * 2048).index
        #expect((5...7).map { books.ledger[Granule(first + $0)] } == [0, 4096, 0])
        #expect(books.torn == 3 && books.counted.rawValue == 4096 - 96 + 4097 - 16 && !books.isConsistent)
    }

    @Test(arguments: [(0, .no), (1, .exit), (2, .exec), (3, .no)] as [(UInt64, Leaving)])
    func `says whether its process leaves`(value: UInt64, expected: Leaving) throws {
        var image = SegmentImage()
        image.set(96, value, 4)
        let directory = try SegmentDirectory()
        #expect(try directory.read(image).leaving == expected)
        #expect(try directory.open(directory.mapping()).glance().leaving == expected)
    }

    @Test func `names what its books lack, also what it does not know`() throws {
        var image = SegmentImage()
        image.set(52, 0x8000_0000 | 127 | 256, 4)
        image.set(48, 2, 4)
        let books = try SegmentDirectory().read(image)
        #expect(
            books.degraded == [
                "fork-inexact", "leaves-full", "ranges-full", "ranges-busy", "storage-full", "threads-full",
                "other-allocator", "bypassed", "bit-31", "books-stopped",
            ])
        #expect(!books.isGlibc)
    }

    /// The evolution rule: entries grow at their end, kinds are added, the minor version says so.
    @Test func `may come from a newer writer`() throws {
        var image = SegmentImage()
        image.set(12, 9, 4)
        image.set(512 + 32 * 16, 16, 4)
        image.set(512 + 32 * 16 + 4, 64, 4)
        image.setSection(.ranges, field: 4, 64, 4)
        image.setSection(.ranges, field: 16, 4, 8)
        image.range(1, start: 0, end: 0, caller: 0, kind: 0)
        image.range(2, start: 0x20000, end: 0x30000, caller: 0x4444, kind: 1)
        let books = try SegmentDirectory().read(image)
        #expect(books.blocks.count == 1 && books.ownMappings.map(\.caller) == [Address(0x4444)])
    }
}

struct `A segment's file` {
    @Test func `must be the one that the process maps`() throws {
        let directory = try SegmentDirectory()
        try directory.write(SegmentImage().bytes)
        let mapping = try directory.mapping()
        var other = mapping
        other.inode += 1
        #expect(throws: SegmentError.replaced) { _ = try directory.open(other) }
        other = mapping
        other.device.minor += 1
        #expect(throws: SegmentError.replaced) { _ = try directory.open(other) }
        // Another file under its name: made first, so that it can't get the same inode.
        let path = "\(directory.path)/\(directory.name)"
        try Descriptor.open(path + "-new", flags: O_WRONLY | O_CREAT).write(SegmentImage().bytes)
        #expect(unsafe rename(path + "-new", path) == 0)
        #expect(throws: SegmentError.replaced) { _ = try directory.open(mapping) }
    }

    @Test(arguments: [0o644, 0o620, 0o606, 0o4600, 0o400] as [mode_t])
    func `must be its owner's alone`(mode: mode_t) throws {
        let directory = try SegmentDirectory()
        try directory.write(SegmentImage().bytes)
        // Root's own file is right for a process that gave up root's rights; another user's is not.
        if User.effective == 0 {
            let rootsOwn = try directory.mapping()
            #expect(throws: Never.self) { _ = try directory.open(rootsOwn, owner: 1) }
        }
        let owner = User.effective == 0 ? 1000 : User.effective
        if User.effective == 0 { #expect(unsafe chown("\(directory.path)/\(directory.name)", owner, 0) == 0) }
        let mapping = try directory.mapping()
        #expect(throws: SegmentError.notOwned) { _ = try directory.open(mapping, owner: owner + 1) }
        #expect(throws: Never.self) { _ = try directory.open(mapping, owner: owner) }
        #expect(unsafe chmod("\(directory.path)/\(directory.name)", mode) == 0)
        #expect(throws: SegmentError.notOwned) { _ = try directory.open(mapping, owner: owner) }
    }

    @Test func `is reached over no link, and is no directory`() throws {
        let directory = try SegmentDirectory()
        try directory.write(SegmentImage().bytes)
        let files = FileManager.default
        try files.createSymbolicLink(atPath: directory.path + "/silt-link", withDestinationPath: directory.name)
        try files.createSymbolicLink(atPath: directory.path + "/here", withDestinationPath: ".")
        for path in ["/silt-link", "/here/\(directory.name)"] {
            let error = #expect(throws: SegmentError.self) {
                _ = try directory.open(try directory.mapping(named: path))
            }
            #expect(error == .system(SystemError(call: "openat2", errno: ELOOP, what: path)))
        }
        #expect(throws: SegmentError.replaced) { _ = try directory.open(try directory.mapping(named: "/")) }
        let gone = SegmentError.system(SystemError(call: "openat2", errno: ENOENT, what: "/silt-gone (deleted)"))
        #expect(throws: gone) { _ = try directory.open(try directory.mapping(named: "/silt-gone (deleted)")) }
    }

    /// Another user may have mounted anything over the path, also what opening alone sets going.
    @Test func `is opened only once it is known to be the one`() throws {
        let directory = try SegmentDirectory()
        try directory.write(SegmentImage().bytes)
        let mapping = try directory.mapping()
        let path = "\(directory.path)/\(directory.name)"
        #expect(unsafe rename(path, path + "-away") == 0 && mkfifo(path, 0o600) == 0)
        let watch = OpenWatch(path)
        #expect(throws: SegmentError.replaced) { _ = try directory.open(mapping) }
        #expect(watch.sawNothing)
        // The probe itself.
        _ = try Descriptor.open(path, flags: O_RDONLY | O_NONBLOCK)
        #expect(!watch.sawNothing)
    }

    @Test func `is found by its name among the shared mappings`() {
        func mapping(_ name: String, _ permissions: Mapping.Permissions = [.read, .shared], offset: UInt64 = 0)
            -> Mapping
        {
            Mapping(
                range: AddressRange(start: Address(1), end: Address(2)), permissions: permissions, offset: offset,
                name: name)
        }
        let right = mapping("/dev/shm/silt-1-a")
        let others = [
            mapping("/usr/lib/libsilt.so"), mapping("/dev/shm/silt-1-a", [.read]),
            mapping("/dev/shm/silt-1-a", offset: 4096),
            mapping("/silt-1/data"), mapping(""), mapping("[heap]"),
        ]
        #expect(SegmentFile.mapping(in: others) == nil)
        #expect(SegmentFile.mapping(in: others + [right]) == right)
    }
}

/// Tells whether a file has been opened: inotify(7), which O_PATH does not trouble (fs/open.c, do_dentry_open).
private final class OpenWatch {
    private let queue = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))

    init(_ path: String) { _ = unsafe inotify_add_watch(queue, path, UInt32(IN_OPEN)) }
    deinit { close(queue) }

    var sawNothing: Bool {
        var event = [UInt8](repeating: 0, count: 4096)
        return unsafe read(queue, &event, event.count) < 0
    }
}
