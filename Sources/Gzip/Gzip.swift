internal import CZlib

/// `bytes` as a gzip file (RFC 1952), without a name or a time: the same bytes make the same file.
///
/// `nil` where zlib has no memory.
package func gzip(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = unsafe z_stream()
    guard unsafe czlib_gzip_init(&stream, Z_DEFAULT_COMPRESSION) == Z_OK else { return nil }
    defer { unsafe deflateEnd(&stream) }
    var input = bytes[...]
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var status = Z_OK
    while status == Z_OK {
        // A stream counts its input in 32 bits: piece by piece.
        let piece = input.prefix(1 << 30)
        let isLast = piece.count == input.count
        let flush = isLast ? Z_FINISH : Z_NO_FLUSH
        let (consumed, produced) = unsafe step(&stream, piece, &buffer) { stream in
            status = unsafe deflate(&stream, flush)
        }
        input = input.dropFirst(consumed)
        output += buffer.prefix(produced)
    }
    return status == Z_STREAM_END ? output : nil
}
