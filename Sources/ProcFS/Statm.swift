package import MemoryModel

/// `/proc/PID/statm` (`fs/proc/array.c`, proc_pid_statm): cheap, and as exact as the kernel's counters.
package struct Statm: Hashable, Sendable {
    /// The size of all mappings.
    package var size: ByteCount
    /// From counters that may lag behind by pages a thread: smaps_rollup is exact.
    package var resident: ByteCount
    /// Resident pages of files and of shared memory.
    package var shared: ByteCount

    /// - Parameter pageSize: In bytes: the file counts pages.
    package static func parse(_ bytes: [UInt8], pageSize: Int) throws(ParseError) -> Statm {
        var reader = ByteReader(bytes, file: "statm")
        func count() throws(ParseError) -> ByteCount {
            reader.skipBlanks()
            let (value, overflow) = try reader.decimal(as: Int.self).multipliedReportingOverflow(by: pageSize)
            guard !overflow else { throw reader.error(.tooLarge) }
            return ByteCount(value)
        }
        return Statm(size: try count(), resident: try count(), shared: try count())
    }
}
