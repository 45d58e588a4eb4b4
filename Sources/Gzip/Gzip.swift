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
        let (consumed, produced) = unsafe step(&stream, piece, &buffer, isLast ? Z_FINISH : Z_NO_FLUSH, &status)
        input = input.dropFirst(consumed)
        output += buffer.prefix(produced)
    }
    return status == Z_STREAM_END ? output : nil
}

/// One call of `deflate`: how much it took, and how much of `buffer` it filled.
private func step(
    _ stream: inout z_stream, _ input: ArraySlice<UInt8>, _ buffer: inout [UInt8], _ flush: Int32, _ status: inout Int32
) -> (consumed: Int, produced: Int) {
    unsafe input.withUnsafeBufferPointer { input in
        unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            // zlib does not write to its input; the pointer is not const for historical reasons (zlib.h, z_const).
            unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.avail_in = UInt32(input.count)
            unsafe stream.next_out = buffer.baseAddress
            unsafe stream.avail_out = UInt32(buffer.count)
            status = unsafe deflate(&stream, flush)
            return unsafe (input.count - Int(stream.avail_in), buffer.count - Int(stream.avail_out))
        }
    }
}
