package import MemoryModel

/// `/proc/PID/stat` (`fs/proc/array.c`, do_task_stat), also of a thread.
package struct ProcessStat: Hashable, Sendable {
    package var pid: Int32
    /// The name, up to 15 bytes; of some kernel threads up to 63.
    package var name: String
    /// `R`, `S`, `D`, `T`, `t`, `Z`, `X`, ….
    package var state: UInt8
    package var parent: Int32
    /// `PF_*` of include/linux/sched.h.
    package var flags: UInt64
    package var threads: Int
    /// When it was started, in ``clockTicksPerSecond`` since boot.
    package var startTicks: UInt64
    /// The size of all mappings.
    package var virtualSize: ByteCount

    /// PF_KTHREAD of include/linux/sched.h.
    package var isKernelThread: Bool { flags & 0x0020_0000 != 0 }
    /// Whether nothing is left of it but its exit status.
    package var isZombie: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

    package static func parse(_ bytes: [UInt8]) throws(ParseError) -> ProcessStat {
        // The name stands in parentheses, and may have parentheses, spaces and newlines: the last one closes it.
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
            let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close
        else { throw ParseError(file: "stat", line: 1, reason: .expected("a name in parentheses")) }
        var first = ByteReader(Array(bytes[..<open]), file: "stat")
        let pid = try first.decimal(as: Int32.self)

        var reader = ByteReader(Array(bytes[(close + 1)...]), file: "stat")
        try reader.skip(.space)
        let state = try reader.take()
        var fields: [Int: UInt64] = [:]
        // Numbered as in proc(5), where the state is 3 and the virtual size 23. Some before are negative.
        for number in 4...23 {
            try reader.skip(.space)
            let isNegative = reader.next == UInt8(ascii: "-")
            if isNegative { try reader.skip(UInt8(ascii: "-")) }
            let value = try reader.decimal()
            fields[number] = isNegative ? 0 : value
        }
        guard let parent = Int32(exactly: fields[4, default: 0]), let threads = Int(exactly: fields[20, default: 0]),
            let size = Int(exactly: fields[23, default: 0])
        else { throw reader.error(.tooLarge) }
        return ProcessStat(
            pid: pid, name: String(decoding: bytes[(open + 1)..<close], as: UTF8.self), state: state, parent: parent,
            flags: fields[9, default: 0], threads: threads, startTicks: fields[22, default: 0],
            virtualSize: ByteCount(size))
    }

    /// Nanoseconds from boot to the start, rounded down to a clock tick: up to 10 ms early.
    package func startNanoseconds(ticksPerSecond: Int) -> UInt64 {
        let ticks = UInt64(ticksPerSecond)
        let seconds = (startTicks / ticks).multipliedReportingOverflow(by: 1_000_000_000)
        guard !seconds.overflow else { return .max }
        return seconds.partialValue &+ startTicks % ticks * 1_000_000_000 / ticks
    }
}
