import CSystem
import Glibc

/// The memory of another process, read without stopping it.
///
/// Errors tell who may not read (`EPERM`: another user's, or the kernel's ptrace rules) from who is gone (`ESRCH`).
package struct ProcessMemory: Sendable {
    package let pid: Int32

    package init(pid: Int32) { self.pid = pid }

    /// The bytes of every range, `nil` where any byte of the range cannot be read.
    ///
    /// One call reads up to 1024 ranges, and one more is made for each range that cannot be read.
    ///
    /// - Precondition: No range is longer than 1 GiB.
    package func read(_ ranges: [Range<UInt64>]) throws(SystemError) -> [[UInt8]?] {
        var results: [[UInt8]?] = []
        results.reserveCapacity(ranges.count)
        var buffer: [UInt8] = []
        while results.count < ranges.count {
            let batch = Self.batch(of: ranges, from: results.count)
            let needed = batch.reduce(0) { $0 + Int($1.count) }
            if buffer.count < needed { buffer = [UInt8](repeating: 0, count: needed) }
            var available = try transfer(batch, to: &buffer, capacity: needed)
            var position = 0
            for range in batch {
                let count = Int(range.count)
                guard count <= available else {
                    // The first that was not read whole is the one with the fault; those after it were not tried.
                    results.append(nil)
                    break
                }
                results.append(Array(buffer[position..<position + count]))
                position += count
                available -= count
            }
        }
        return results
    }

    /// The bytes from `start` on, up to `count` of them: fewer where a page cannot be read, and none where that is
    /// the first.
    package func read(at start: UInt64, count: Int) throws(SystemError) -> [UInt8] {
        precondition(count >= 0)
        var failure: SystemError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                var range = csystem_range(start: start &+ UInt64(filled), count: UInt64(count - filled))
                let result = unsafe csystem_process_vm_readv(
                    pid, buffer.baseAddress! + filled, count - filled, &range, 1)
                guard result > 0 else {
                    failure = self.failure(result)
                    return
                }
                filled += Int(result)
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Fills a buffer with the bytes from `start` on, as far as they can be read; returns how many came. An error is no
    /// byte.
    package func read(at start: UInt64, into buffer: inout MutableRawSpan) -> Int {
        unsafe buffer.withUnsafeMutableBytes { buffer in
            var filled = 0
            while filled < buffer.count {
                var range = csystem_range(start: start &+ UInt64(filled), count: UInt64(buffer.count - filled))
                let result = unsafe csystem_process_vm_readv(
                    pid, buffer.baseAddress! + filled, buffer.count - filled, &range, 1)
                guard result > 0 else { break }
                filled += Int(result)
            }
            return filled
        }
    }

    /// As many ranges as one call takes, by number and by size.
    private static func batch(of ranges: [Range<UInt64>], from first: Int) -> [csystem_range] {
        var batch: [csystem_range] = []
        var bytes: UInt64 = 0
        for range in ranges[first...].prefix(Int(CSYSTEM_MAX_RANGES)) {
            let count = range.upperBound - range.lowerBound
            precondition(count <= 1 << 30)
            guard batch.isEmpty || bytes + count <= 1 << 24 else { break }
            batch.append(csystem_range(start: range.lowerBound, count: count))
            bytes += count
        }
        return batch
    }

    /// Reads a batch and returns how many bytes came, 0 where the first range cannot be read.
    private func transfer(
        _ batch: [csystem_range], to buffer: inout [UInt8], capacity: Int
    ) throws(SystemError) -> Int {
        guard capacity > 0 else { return 0 }
        let result = unsafe csystem_process_vm_readv(pid, &buffer, capacity, batch, batch.count)
        if let failure = failure(result) { throw failure }
        return max(0, Int(result))
    }

    /// What a result means for the whole reading; a range that cannot be read means nothing.
    private func failure(_ result: Int64) -> SystemError? {
        guard result < 0, result != -Int64(EFAULT) else { return nil }
        return SystemError(call: "process_vm_readv", errno: Int32(-result), what: "process \(pid)")
    }
}
