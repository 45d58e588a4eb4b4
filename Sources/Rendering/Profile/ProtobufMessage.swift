/// A Protocol Buffers message while it is written, field by field.
///
/// Our own, as the profile needs two of the six wire types (protobuf.dev, "Encoding"): generated code would need protoc
/// and its Swift plugin in every build, and swift-protobuf's run time in the static program. A field of the value 0 is left
/// out, as proto3 does.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    /// A field of type int64, uint64 or bool.
    mutating func add(_ field: Int, _ value: Int) { add(field, UInt64(bitPattern: Int64(value))) }

    mutating func add(_ field: Int, _ value: UInt64) {
        guard value != 0 else { return }
        key(field, wireType: 0)
        varint(value)
    }

    mutating func add(_ field: Int, _ value: Bool) { add(field, value ? 1 : 0) }

    /// Always written: the elements of a repeated field may be empty.
    mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

    mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.bytes) }

    /// A repeated field of int64 or uint64, packed.
    mutating func add(_ field: Int, packed values: [Int]) {
        var content = ProtobufMessage()
        for value in values { content.varint(UInt64(bitPattern: Int64(value))) }
        add(field, content.bytes)
    }

    private mutating func add(_ field: Int, _ content: [UInt8]) {
        key(field, wireType: 2)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func key(_ field: Int, wireType: UInt64) { varint(UInt64(field) << 3 | wireType) }

    /// Seven bits a byte, the lowest first; the top bit says that more follow.
    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
