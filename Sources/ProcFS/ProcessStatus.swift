package import MemoryModel

/// `/proc/PID/status` (`fs/proc/array.c`, proc_pid_status).
///
/// A kernel thread and a zombie have no memory: its members are `nil`.
package struct ProcessStatus: Hashable, Sendable {
    /// Real, effective, saved and file system user.
    package var uids: [UInt32] = []
    /// The process's number in its PID namespace and those inside it, outermost first. Empty without namespaces.
    package var namespacePIDs: [Int32] = []
    package var threads = 0
    /// Who traces it, 0 for nobody.
    package var tracer: Int32 = 0
    /// The highest RSS so far. `VmHWM`.
    package var highWater: ByteCount?
    /// From counters that may lag behind by pages a thread: smaps_rollup is exact. `VmRSS`.
    package var rss: ByteCount?
    package var rssAnonymous: ByteCount?
    package var rssFile: ByteCount?
    package var rssShared: ByteCount?
    /// In swap, without shared memory. `VmSwap`.
    package var swap: ByteCount?
    /// Resident hugetlb pages, which RSS leaves out. `HugetlbPages`.
    package var hugetlb: ByteCount?

    package init() {}

    package static func parse(_ bytes: [UInt8]) throws(ParseError) -> ProcessStatus {
        var reader = ByteReader(bytes, file: "status")
        var status = ProcessStatus()
        var hasThreads = false
        while !reader.isAtEnd {
            guard let key = reader.taken(upTo: .colon) else { throw reader.error(.expected("a field")) }
            switch String(decoding: key, as: UTF8.self) {
            case "Uid": status.uids = try reader.numbers()
            case "NSpid": status.namespacePIDs = try reader.numbers()
            case "TracerPid": status.tracer = try reader.number()
            case "Threads":
                status.threads = try reader.number()
                hasThreads = true
            case "VmHWM": status.highWater = try reader.kilobytes()
            case "VmRSS": status.rss = try reader.kilobytes()
            case "RssAnon": status.rssAnonymous = try reader.kilobytes()
            case "RssFile": status.rssFile = try reader.kilobytes()
            case "RssShmem": status.rssShared = try reader.kilobytes()
            case "VmSwap": status.swap = try reader.kilobytes()
            case "HugetlbPages": status.hugetlb = try reader.kilobytes()
            default: _ = reader.restOfLine()
            }
        }
        guard hasThreads else { throw reader.error(.missing("Threads")) }
        guard status.uids.count == 4 else { throw reader.error(.missing("Uid")) }
        return status
    }
}

extension ByteReader {
    /// Passes one number, and the rest of the line.
    fileprivate mutating func number<Number: FixedWidthInteger>() throws(ParseError) -> Number {
        skipBlanks()
        let number = try decimal(as: Number.self)
        _ = restOfLine()
        return number
    }

    /// Passes numbers between blanks, and the end of the line.
    fileprivate mutating func numbers<Number: FixedWidthInteger>() throws(ParseError) -> [Number] {
        var numbers: [Number] = []
        skipBlanks()
        while !isAtEnd, next != .newline {
            numbers.append(try decimal(as: Number.self))
            skipBlanks()
        }
        _ = restOfLine()
        return numbers
    }
}
