/// One process at one instant, as it was read: nothing is interpreted yet.
///
/// A plain value that can be saved: measuring and analysing may happen on different machines.
package struct Snapshot: Sendable, Codable {
    package var process: ProcessFacts
    /// The lines of `/proc/PID/maps`, ascending and disjoint.
    package var mappings: [Mapping]
    /// What is resident or swapped out, ascending and disjoint; what no run covers is neither.
    package var residency: [ResidencyRun]
    /// What is known of the heap; `nil` where no witness of it could be found.
    package var heap: HeapWitness?
    /// Why the reading is less than complete, one identifier each; see ``Coverage/degraded``.
    package var degraded: [String]
    package var reading: Reading
    /// Whether no thread stood in the middle of a booking while the books were read; only a stopped process can say.
    package var isConsistent = true

    package init(
        process: ProcessFacts, mappings: [Mapping], residency: [ResidencyRun], heap: HeapWitness?,
        degraded: [String] = [], reading: Reading = Reading()
    ) {
        self.process = process
        self.mappings = mappings
        self.residency = residency
        self.heap = heap
        self.degraded = degraded
        self.reading = reading
    }
}

/// What names a process.
package struct ProcessFacts: Hashable, Sendable, Codable {
    package var pid: Int
    /// The arguments of `/proc/PID/cmdline`; the name in brackets where it is empty.
    package var command: [String]
    package var threads: Int
    /// Seconds since the process started.
    package var uptimeSeconds: Double
    /// The kernel's high-water mark of RSS (`VmHWM`), in bytes.
    package var highWater: ByteCount?
    /// The process whose books this one's continue; `nil` where it was not forked, or not known to be.
    package var forkedFrom: Int?

    package init(
        pid: Int, command: [String], threads: Int = 1, uptimeSeconds: Double = 0, highWater: ByteCount? = nil,
        forkedFrom: Int? = nil
    ) {
        self.pid = pid
        self.command = command
        self.threads = threads
        self.uptimeSeconds = uptimeSeconds
        self.highWater = highWater
        self.forkedFrom = forkedFrom
    }
}

/// How a reading was taken.
package struct Reading: Hashable, Sendable, Codable {
    /// How long it took.
    package var seconds: Double
    /// Whether every thread of the target was held still.
    package var stopped: Bool
    /// How many bytes of the heap changed hands while it was being read: the error of a reading that did not stop.
    package var moved: ByteCount

    package init(seconds: Double = 0, stopped: Bool = false, moved: ByteCount = 0) {
        self.seconds = seconds
        self.stopped = stopped
        self.moved = moved
    }
}

/// One line of `/proc/PID/maps`.
package struct Mapping: Hashable, Sendable, Codable {
    package struct Permissions: OptionSet, Hashable, Sendable, Codable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let read = Permissions(rawValue: 1)
        package static let write = Permissions(rawValue: 2)
        package static let execute = Permissions(rawValue: 4)
        /// `s` in the fourth column; private otherwise.
        package static let shared = Permissions(rawValue: 8)
    }

    package var range: AddressRange
    package var permissions: Permissions
    /// Bytes into the file.
    package var offset: UInt64
    /// As `major:minor` in maps; 0:0 where there is no file.
    package var device: DeviceNumber
    package var inode: UInt64
    /// The path, `[heap]` and the like, or empty. As the kernel prints it, with its escapes undone.
    package var name: String

    package init(
        range: AddressRange, permissions: Permissions, offset: UInt64 = 0, device: DeviceNumber = DeviceNumber(),
        inode: UInt64 = 0, name: String = ""
    ) {
        self.range = range
        self.permissions = permissions
        self.offset = offset
        self.device = device
        self.inode = inode
        self.name = name
    }
}

/// The number of the device that holds a file.
package struct DeviceNumber: Hashable, Sendable, Codable {
    package var major: UInt32
    package var minor: UInt32

    package init(major: UInt32 = 0, minor: UInt32 = 0) {
        self.major = major
        self.minor = minor
    }
}

/// Consecutive pages in one state.
package struct ResidencyRun: Hashable, Sendable, Codable {
    package enum State: UInt8, Sendable, Codable {
        /// Present and anonymous: counted in RSS.
        case anonymous
        /// Present, and a page of a file or of shared memory: counted in RSS.
        case file
        /// In swap: not in RSS.
        case swapped
    }

    package var range: AddressRange
    package var state: State

    package init(range: AddressRange, state: State) {
        self.range = range
        self.state = state
    }
}
