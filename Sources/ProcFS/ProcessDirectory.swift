import Glibc
package import MemoryModel
package import System

/// `/proc/PID` of one process, opened once: when another process gets the number later, reading fails with
/// ``ProcessError/vanished(_:)`` and never mixes the two.
package struct ProcessDirectory: ~Copyable {
    package let pid: Int32
    private let directory: Descriptor

    package init(pid: Int32) throws(ProcessError) {
        self.pid = pid
        do throws(SystemError) {
            directory = try Descriptor.open("/proc/\(pid)", flags: O_RDONLY | O_DIRECTORY)
        } catch {
            if error.errno == ENOENT || error.errno == ESRCH { throw .noSuchProcess(pid) }
            throw ProcessError(error, pid: pid, file: "directory")
        }
    }

    /// Opens a file of the process, or a directory with `O_DIRECTORY`.
    package func open(_ file: String, flags: Int32 = O_RDONLY) throws(ProcessError) -> Descriptor {
        do throws(SystemError) {
            return try Descriptor.open(at: directory, file, flags: flags)
        } catch {
            throw meaning(of: error, file: file)
        }
    }

    /// A mapping may have a path of any length, and takes a line of maps and a dozen of smaps: enough for millions of
    /// usual ones, and little enough for us.
    private static let longestFile = 512 << 20
    /// The arguments lie where the process says, and are as long as it says (kernel/sys.c, prctl_set_mm_map): what is
    /// beyond this is left out. One argument can be as long (include/uapi/linux/binfmts.h, MAX_ARG_STRLEN).
    private static let longestArguments = 128 << 10

    /// The bytes of a file of the process.
    package func bytes(of file: String) throws(ProcessError) -> [UInt8] {
        let descriptor = try open(file)
        do throws(SystemError) {
            if file == "cmdline" || file == "environ" { return try descriptor.readAll(atMost: Self.longestArguments) }
            let bytes = try descriptor.readAll(atMost: Self.longestFile)
            guard bytes.count < Self.longestFile else {
                throw SystemError(call: "read", errno: EFBIG, what: "/proc/\(pid)/\(file)")
            }
            return bytes
        } catch {
            throw meaning(of: error, file: file)
        }
    }

    /// The value that `parse` makes of a file of the process.
    ///
    /// The files of a process that ends are cut off or empty: one that cannot be parsed is malformed only if the
    /// process is there still.
    private func parsed<Value>(
        _ file: String, _ parse: ([UInt8]) throws(ParseError) -> Value
    ) throws(ProcessError) -> Value {
        let bytes = try bytes(of: file)
        do throws(ParseError) {
            return try parse(bytes)
        } catch {
            if file != "stat" { try requireMemory() }
            throw .malformed(error)
        }
    }

    /// What the failure of a call means. The files about memory say ESRCH for a process that has none, as if it were
    /// gone (`fs/proc/base.c`, proc_mem_open; some of them, on some kernels, are empty instead).
    private func meaning(of error: SystemError, file: String) -> ProcessError {
        let meaning = ProcessError(error, pid: pid, file: file)
        guard meaning == .vanished(pid), file != "stat", (try? stat().isKernelThread) == true else { return meaning }
        return .kernelThread(pid)
    }

    /// Throws where the process has no memory, with the reason.
    private func requireMemory() throws(ProcessError) {
        let stat = try stat()
        if stat.isKernelThread { throw .kernelThread(pid) }
        if stat.isZombie { throw .vanished(pid) }
    }
}

// The files ------------------------------------------------------------------------------------------------------

extension ProcessDirectory {
    package func stat() throws(ProcessError) -> ProcessStat { try parsed("stat", ProcessStat.parse) }
    package func status() throws(ProcessError) -> ProcessStatus { try parsed("status", ProcessStatus.parse) }
    package func commandLine() throws(ProcessError) -> [String] { CommandLine.parse(try bytes(of: "cmdline")) }
    package func environment() throws(ProcessError) -> [String: String] {
        Environment.parse(try bytes(of: "environ"))
    }

    package func statm() throws(ProcessError) -> Statm {
        try parsed("statm") { bytes throws(ParseError) in try Statm.parse(bytes, pageSize: pageSize) }
    }

    /// The mappings, ascending. Never empty: a kernel thread and a zombie throw.
    package func maps() throws(ProcessError) -> [Mapping] {
        let mappings = try parsed("maps", Maps.parse)
        if mappings.isEmpty {
            try requireMemory()
            throw .vanished(pid)
        }
        return mappings
    }

    /// The mappings with what is resident in each: slow, and the target waits.
    package func smaps() throws(ProcessError) -> [SmapsEntry] { try parsed("smaps", Smaps.parse) }

    /// The sums of smaps: exact, as `VmRSS` is not.
    package func smapsRollup() throws(ProcessError) -> MemoryTotals { try parsed("smaps_rollup", SmapsRollup.parse) }

    /// Rss of smaps_rollup.
    package func smapsRollupRss() throws(ProcessError) -> ByteCount { try smapsRollup().rss }
}

// What they tell together ----------------------------------------------------------------------------------------

extension ProcessDirectory {
    /// The threads, ascending; the process's own number among them.
    package func threadIDs() throws(ProcessError) -> [Int32] {
        let tasks = try open("task", flags: O_RDONLY | O_DIRECTORY)
        do throws(SystemError) {
            return try tasks.numericNames().sorted()
        } catch {
            throw ProcessError(error, pid: pid, file: "task")
        }
    }

    /// Nanoseconds from boot to the start of the process, up to a clock tick (10 ms) early.
    package func startNanoseconds() throws(ProcessError) -> UInt64 {
        try stat().startNanoseconds(ticksPerSecond: clockTicksPerSecond)
    }

    /// What names the process.
    package func facts() throws(ProcessError) -> ProcessFacts {
        let stat = try stat()
        let status = try status()
        let command = try commandLine()
        let started = Double(stat.startNanoseconds(ticksPerSecond: clockTicksPerSecond))
        return ProcessFacts(
            pid: Int(pid), command: command.isEmpty ? ["[\(stat.name)]"] : command, threads: status.threads,
            uptimeSeconds: max(0, (Double(Clock.sinceBoot()) - started) / 1e9), highWater: status.highWater)
    }
}
