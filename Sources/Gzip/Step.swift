internal import CZlib

/// One call of `deflate` or `inflate`, from `input` to `buffer`: how much it took, and how much of `buffer` it filled.
///
/// - Parameter call: Gets the stream with both in their places.
func step(
    _ stream: inout z_stream, _ input: ArraySlice<UInt8>, _ buffer: inout [UInt8], _ call: (inout z_stream) -> Void
) -> (consumed: Int, produced: Int) {
    unsafe input.withUnsafeBufferPointer { input in
        unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            // zlib does not write to its input; the pointer is not const for historical reasons (zlib.h, z_const).
            unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.avail_in = UInt32(input.count)
            unsafe stream.next_out = buffer.baseAddress
            unsafe stream.avail_out = UInt32(buffer.count)
            unsafe call(&stream)
            return unsafe (input.count - Int(stream.avail_in), buffer.count - Int(stream.avail_out))
        }
    }
}
