internal import CZlib

/// Why a gzip file cannot be read.
package enum GunzipError: Error, Equatable, Sendable {
    /// It is no gzip file, or damaged.
    case damaged
    /// It holds more than was asked for.
    case tooLarge
}

/// Whether a file begins as gzip files do (RFC 1952, 2.3.1).
package func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

/// What a gzip file holds; of one of several members all of it, and of one that was cut off as much as is there.
///
/// - Parameter limit: A few bytes can stand for gigabytes: more than this is refused.
package func gunzip(_ bytes: [UInt8], atMost limit: Int) throws(GunzipError) -> [UInt8] {
    var output: [UInt8] = []
    var rest = bytes[...]
    repeat {
        var stream = unsafe z_stream()
        guard unsafe czlib_gunzip_init(&stream) == Z_OK else { throw .damaged }
        defer { unsafe inflateEnd(&stream) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var status = Z_OK
        while status == Z_OK {
            let piece = rest.prefix(1 << 30)
            let (consumed, produced) = unsafe step(&stream, piece, &buffer) { stream in
                status = unsafe inflate(&stream, Z_NO_FLUSH)
            }
            rest = rest.dropFirst(consumed)
            output += buffer.prefix(produced)
            guard output.count <= limit else { throw .tooLarge }
        }
        // No progress is possible: it ends before its end (zlib.h, Z_BUF_ERROR).
        if status == Z_BUF_ERROR && rest.isEmpty { return output }
        guard status == Z_STREAM_END else { throw .damaged }
    } while isGzip(Array(rest.prefix(2)))
    return output
}
