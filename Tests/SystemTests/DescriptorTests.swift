import Foundation
import System
import Testing

/// A directory for one test, removed afterwards.
private final class Scratch {
    let path = NSTemporaryDirectory() + "silt-system-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Descriptor.open("\(path)/\(name)", flags: O_WRONLY | O_CREAT | O_EXCL).write(bytes)
    }
}

struct `An open file` {
    @Test func `writes and reads back, at offsets and to the end`() throws {
        let scratch = try Scratch()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try scratch.write("data", bytes)
        let file = try Descriptor.open("\(scratch.path)/data")
        #expect(try file.readAll() == bytes)
        let again = try Descriptor.open("\(scratch.path)/data")
        #expect(try again.readAll(atMost: 70_000) == Array(bytes[..<70_000]))
        #expect(try again.readAll(atMost: 0) == [])
        #expect(try file.read(at: 1000, count: 50) == Array(bytes[1000..<1050]))
        #expect(try file.read(at: 199_990, count: 50) == Array(bytes[199_990...]))
        #expect(try file.read(at: 300_000, count: 50) == [])
    }

    @Test func `reads whole words only`() throws {
        let scratch = try Scratch()
        try scratch.write("data", [1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 9, 9])
        let file = try Descriptor.open("\(scratch.path)/data")
        #expect(try file.readWords(at: 0, count: 100) == [1, 512])
    }

    @Test func `tells what the file is`() throws {
        let scratch = try Scratch()
        try scratch.write("data", [1, 2, 3])
        let status = try Descriptor.open("\(scratch.path)/data").status()
        #expect(status.size == 3 && status.isRegular && status.uid == User.effective && status.linkCount == 1)
        #expect(status.mode & 0o777 == 0o600)
        let directory = try Descriptor.open(scratch.path, flags: O_DIRECTORY).status()
        #expect(!directory.isRegular && directory.deviceMinor == status.deviceMinor)
    }

    @Test func `is given other permissions`() throws {
        let scratch = try Scratch()
        try scratch.write("data", [1])
        let file = try Descriptor.open("\(scratch.path)/data")
        try file.setMode(S_IFDIR | 0o640)
        #expect(try file.status().mode & 0o7777 == 0o640 && file.status().isRegular)
    }

    @Test func `is closed with its owner`() throws {
        let scratch = try Scratch()
        try scratch.write("lock", [])
        func lockAndForget() throws { try Descriptor.open("\(scratch.path)/lock").flock(LOCK_EX) }
        try lockAndForget()
        #expect(throws: Never.self) { try Descriptor.open("\(scratch.path)/lock").flock(LOCK_EX | LOCK_NB) }
    }

    @Test func `names the path and the reason in errors`() throws {
        let error = #expect(throws: SystemError.self) { _ = try Descriptor.open("/nowhere/at/all") }
        #expect(error == SystemError(call: "open", errno: ENOENT, what: "/nowhere/at/all"))
        #expect(error?.description == "open /nowhere/at/all: No such file or directory")
    }

    @Test func `locks against another opening of the file`() throws {
        let scratch = try Scratch()
        try scratch.write("lock", [])
        let first = try Descriptor.open("\(scratch.path)/lock")
        let second = try Descriptor.open("\(scratch.path)/lock")
        try first.flock(LOCK_EX)
        let error = #expect(throws: SystemError.self) { try second.flock(LOCK_EX | LOCK_NB) }
        #expect(error?.errno == EWOULDBLOCK)
        try first.flock(LOCK_UN)
        #expect(throws: Never.self) { try second.flock(LOCK_EX | LOCK_NB) }
    }

    @Test func `lists the names that are numbers, however many`() throws {
        let scratch = try Scratch()
        for number in 0..<300 { try scratch.write("\(number)", []) }
        for name in ["x1", "1x", "-", "4.5"] { try scratch.write(name, []) }
        let directory = try Descriptor.open(scratch.path, flags: O_DIRECTORY)
        #expect(try directory.numericNames().sorted() == Array(0..<300))
        #expect(try directory.numericNames().count == 300)
    }
}

struct `Opening beneath a root` {
    @Test(arguments: ["in/file", "/in/file", "../../../in/file", "/in/../in/./file"])
    func `finds what the path means inside`(path: String) throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path + "/in", withIntermediateDirectories: false)
        try scratch.write("in/file", [7])
        let root = try Descriptor.open(scratch.path, flags: O_DIRECTORY)
        #expect(try Descriptor.findBeneath(root: root, path: path).opened().readAll() == [7])
    }

    @Test(arguments: ["link", "up/link", "magic/status"])
    func `follows no symbolic link`(path: String) throws {
        let scratch = try Scratch()
        let files = FileManager.default
        try files.createSymbolicLink(atPath: scratch.path + "/link", withDestinationPath: "/etc/passwd")
        try files.createSymbolicLink(atPath: scratch.path + "/up", withDestinationPath: "..")
        try files.createSymbolicLink(atPath: scratch.path + "/magic", withDestinationPath: "/proc/self")
        let root = try Descriptor.open(scratch.path, flags: O_DIRECTORY)
        let error = #expect(throws: SystemError.self) { _ = try Descriptor.findBeneath(root: root, path: path) }
        #expect(error?.errno == ELOOP)
    }

    @Test func `opens nothing before it is told what it is`() throws {
        let scratch = try Scratch()
        #expect(unsafe mkfifo(scratch.path + "/fifo", 0o600) == 0)
        let root = try Descriptor.open(scratch.path, flags: O_DIRECTORY)
        let found = try Descriptor.findBeneath(root: root, path: "fifo")
        #expect(try !found.status().isRegular)
        #expect(throws: SystemError(call: "read", errno: EBADF, what: "fifo")) { _ = try found.readAll() }
        // What it found stays that, and a FIFO that nobody writes to does not make it wait.
        try scratch.write("other", [1])
        #expect(unsafe rename("\(scratch.path)/other", "\(scratch.path)/fifo") == 0)
        #expect(try found.opened().readAll() == [])
    }
}
