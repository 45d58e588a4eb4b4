/// A number of bytes. May be negative where it is a difference.
package struct ByteCount: Hashable, Comparable, Sendable, Codable, AdditiveArithmetic, ExpressibleByIntegerLiteral {
    package var rawValue: Int

    package init(_ rawValue: Int) { self.rawValue = rawValue }
    package init(integerLiteral value: Int) { self.rawValue = value }
    package init(from decoder: any Decoder) throws {
        self.rawValue = try decoder.singleValueContainer().decode(Int.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    package static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count << 10) }
    package static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count << 20) }

    package static func + (left: ByteCount, right: ByteCount) -> ByteCount { ByteCount(left.rawValue + right.rawValue) }
    package static func - (left: ByteCount, right: ByteCount) -> ByteCount { ByteCount(left.rawValue - right.rawValue) }
    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.rawValue < right.rawValue }

    /// This count as a share of `whole`, 0 where `whole` is 0.
    package func share(of whole: ByteCount) -> Double {
        whole.rawValue == 0 ? 0 : Double(rawValue) / Double(whole.rawValue)
    }
}

/// A virtual address in the process that is measured.
package struct Address: Hashable, Comparable, Sendable, Codable {
    package var rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package init(from decoder: any Decoder) throws {
        self.rawValue = try decoder.singleValueContainer().decode(UInt64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    package static func < (left: Address, right: Address) -> Bool { left.rawValue < right.rawValue }
    package static func + (left: Address, right: ByteCount) -> Address {
        Address(left.rawValue &+ UInt64(bitPattern: Int64(right.rawValue)))
    }
    package static func - (left: Address, right: Address) -> ByteCount {
        ByteCount(Int(Int64(bitPattern: left.rawValue &- right.rawValue)))
    }

    /// The granule that this address lies in.
    package var granule: Granule { Granule(rawValue / Granule.bytes) }

    package func alignedDown(to bytes: UInt64) -> Address { Address(rawValue / bytes * bytes) }
    package func alignedUp(to bytes: UInt64) -> Address { Address((rawValue &+ bytes - 1) / bytes * bytes) }
}

/// The unit of the page ledger: 4096 bytes, whatever the kernel's page size. Its value is `address / 4096`.
package struct Granule: Hashable, Comparable, Sendable, Codable {
    package static let bytes: UInt64 = 4096

    package var index: UInt64

    package init(_ index: UInt64) { self.index = index }
    package init(from decoder: any Decoder) throws {
        self.index = try decoder.singleValueContainer().decode(UInt64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(index)
    }

    package static func < (left: Granule, right: Granule) -> Bool { left.index < right.index }

    package var start: Address { Address(index * Granule.bytes) }
    package var end: Address { Address((index + 1) * Granule.bytes) }
}

/// The bytes from `start` up to, and without, `end`.
package struct AddressRange: Hashable, Sendable, Codable {
    package var start: Address
    package var end: Address

    package init(start: Address, end: Address) {
        self.start = start
        self.end = end
    }

    package var count: ByteCount { end - start }
    package var isEmpty: Bool { end <= start }

    package func contains(_ address: Address) -> Bool { start <= address && address < end }

    package func intersection(_ other: AddressRange) -> AddressRange {
        let low = max(start, other.start)
        return AddressRange(start: low, end: max(low, min(end, other.end)))
    }
}
