/// A file that is mapped as code: the program, or one of its libraries.
package struct LoadedModule: Hashable, Sendable, Codable {
    /// As the target names it.
    package var path: String
    /// The note that the linker gave it; `nil` where it is not known, and then nothing is compared.
    package var buildID: BuildID?
    /// Address in the process minus virtual address in the ELF file.
    package var bias: ByteCount
    /// From its first mapping's start to its last one's end.
    package var range: AddressRange

    package init(path: String, buildID: BuildID? = nil, bias: ByteCount, range: AddressRange) {
        self.path = path
        self.buildID = buildID
        self.bias = bias
        self.range = range
    }
}

/// The identity of a linked file (`NT_GNU_BUILD_ID`), 20 bytes as a rule.
package struct BuildID: Hashable, Sendable, Codable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(from decoder: any Decoder) throws { bytes = try decoder.singleValueContainer().decode([UInt8].self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }

    /// Two lower-case digits a byte.
    package var hexadecimal: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
