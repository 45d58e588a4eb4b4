import CSystem
import Glibc

/// Writes all of `bytes` to standard output, which nobody owns.
package func writeToStandardOutput(_ bytes: [UInt8]) throws(SystemError) {
    try writeAll(bytes, to: STDOUT_FILENO, "standard output")
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = unsafe rest.withUnsafeBytes { unsafe csystem_write(descriptor, $0.baseAddress, $0.count) }
        rest = rest.dropFirst(Int(try checked(written, "write", path)))
    }
}

extension Descriptor {
    /// Reads from where the file stands to its end: for files of `/proc`, whose size is not known before.
    ///
    /// The kernel gives such a file in pieces of a page, or of a line that is longer (`fs/seq_file.c`); each piece is
    /// of one instant, the whole is not.
    ///
    /// - Parameter limit: Where to stop. A process can make some of its files as long as it likes.
    package func readAll(atMost limit: Int = .max) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < limit {
            let wanted = min(piece.count, limit - bytes.count)
            let count = Int(try checked(unsafe csystem_read(rawValue, &piece, wanted), "read", path))
            guard count > 0 else { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return bytes
    }

    /// Reads up to `count` bytes from `offset` on; fewer where the file ends before.
    ///
    /// - Precondition: `count` and `offset` are not negative.
    package func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        precondition(count >= 0 && offset >= 0)
        var failure: SystemError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            unsafe fill(UnsafeMutableRawBufferPointer(buffer), from: offset, filled: &filled, failure: &failure)
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads up to `count` 64-bit numbers of the machine's byte order from byte `offset` on; fewer where the file ends
    /// before, and no part of one.
    ///
    /// - Precondition: `count` and `offset` are not negative.
    package func readWords(at offset: Int64, count: Int) throws(SystemError) -> [UInt64] {
        precondition(count >= 0 && offset >= 0)
        var failure: SystemError?
        let words = unsafe [UInt64](unsafeUninitializedCapacity: count) { buffer, filled in
            unsafe fill(UnsafeMutableRawBufferPointer(buffer), from: offset, filled: &filled, failure: &failure)
            filled /= 8
        }
        if let failure { throw failure }
        return words
    }

    /// Writes all of `bytes` where the file stands.
    package func write(_ bytes: [UInt8]) throws(SystemError) { try writeAll(bytes, to: rawValue, path) }

    /// Takes all bytes out of the file.
    package func truncate() throws(SystemError) {
        guard ftruncate(rawValue, 0) == 0 else { throw SystemError(call: "ftruncate", errno: errno, what: path) }
    }

    /// Reads into `buffer` until it is full or the file ends; `filled` is in bytes.
    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from offset: Int64, filled: inout Int, failure: inout SystemError?
    ) {
        filled = 0
        while filled < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = unsafe csystem_pread(rawValue, rest.baseAddress, rest.count, offset + Int64(filled))
            guard count >= 0 else {
                failure = SystemError(call: "pread", errno: Int32(-count), what: path)
                filled = 0
                return
            }
            guard count > 0 else { return }
            filled += Int(count)
        }
    }
}
