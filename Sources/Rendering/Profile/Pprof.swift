package import MemoryModel

extension Profile {
    /// pprof's `profile.proto`, as bytes that are still to be compressed by gzip.
    ///
    /// - Parameter shown: The sample type that pprof shows unless it is told otherwise.
    package func pprof(shown: Quantity = .space) -> [UInt8] {
        var writer = PprofWriter(self)
        return writer.message(shown: shown).bytes
    }
}

/// Field numbers are those of proto/profile.proto in github.com/google/pprof.
///
/// Addresses are those of the ELF files, as ``Frame/offset`` has them, so that all mappings begin at 0. Identifiers are
/// indices plus 1, as 0 means none.
private struct PprofWriter {
    private let profile: Profile
    private var strings = Interned<String>()
    private var functions = Interned<Function>()
    /// An address, with the functions inlined there before the one that it belongs to.
    private var locations = Interned<ArraySlice<Frame>>()
    private var modules = Interned<String>()

    private struct Function: Hashable {
        var name: String
        var file: String

        init(_ frame: Frame) {
            name = frame.name
            file = frame.file.tame
        }
    }

    init(_ profile: Profile) {
        self.profile = profile
        // string_table[0] is the empty string; the first mapping is the program.
        _ = strings.index(of: "")
        for module in profile.modules { _ = modules.index(of: module.path) }
    }

    mutating func message(shown: Profile.Quantity) -> ProtobufMessage {
        var message = ProtobufMessage()
        for quantity in Profile.Quantity.allCases { message.add(1, valueType(quantity)) }
        for sample in profile.samples { message.add(2, self.sample(sample)) }
        for index in locations.values.indices { message.add(4, location(index)) }
        for index in modules.values.indices { message.add(3, mapping(index)) }
        for index in functions.values.indices { message.add(5, function(index)) }
        message.add(9, Int(profile.time ?? 0))
        message.add(11, valueType(.space))
        message.add(12, profile.mean)
        message.add(13, packed: [strings.index(of: profile.process.command.joined(separator: " ").tame)])
        message.add(14, strings.index(of: shown.rawValue))
        // At the end: all of the above adds to it.
        for string in strings.values { message.add(6, string) }
        return message
    }

    private mutating func valueType(_ quantity: Profile.Quantity) -> ProtobufMessage {
        var type = ProtobufMessage()
        type.add(1, strings.index(of: quantity.rawValue))
        type.add(2, strings.index(of: quantity.unit))
        return type
    }

    private mutating func sample(_ sample: Profile.Sample) -> ProtobufMessage {
        var message = ProtobufMessage()
        let frames = sample.shownFrames
        let ends = frames.indices.filter { !frames[$0].isInlined || $0 == frames.count - 1 }
        var start = 0
        var identifiers: [Int] = []
        for end in ends {
            identifiers.append(locations.index(of: frames[start...end]) + 1)
            start = end + 1
        }
        message.add(1, packed: identifiers)
        message.add(2, packed: Profile.Quantity.allCases.map { sample.values.rounded($0) })
        if let tag = sample.tag {
            var label = ProtobufMessage()
            label.add(1, strings.index(of: "tag"))
            label.add(2, strings.index(of: tag.tame))
            message.add(3, label)
        }
        return message
    }

    /// Without a line where a module but no function is known: pprof then looks for it in the file, or shows the module.
    /// Without either it would show all such addresses as one, so that the address is the name.
    private mutating func location(_ index: Int) -> ProtobufMessage {
        var message = ProtobufMessage()
        let frames = locations.values[index]
        message.add(1, index + 1)
        guard let frame = frames.last else { return message }
        if !frame.module.isEmpty { message.add(2, modules.index(of: frame.module) + 1) }
        message.add(3, frame.offset)
        if frames.count == 1 && frame.function.isEmpty && !frame.module.isEmpty { return message }
        for frame in frames {
            var line = ProtobufMessage()
            line.add(1, functions.index(of: Function(frame)) + 1)
            line.add(2, frame.line ?? 0)
            message.add(4, line)
        }
        return message
    }

    /// What a mapping says it has, pprof does not look up in the file on its own machine.
    private mutating func mapping(_ index: Int) -> ProtobufMessage {
        var message = ProtobufMessage()
        let path = modules.values[index]
        let frames = locations.values.lazy.flatMap(\.self).filter { $0.module == path }
        let end = frames.reduce(0) { max($0, $1.offset) }
        message.add(1, index + 1)
        message.add(3, min(end, UInt64(Int64.max)) + 1)
        message.add(5, strings.index(of: path.tame))
        message.add(6, strings.index(of: (profile.modules.first { $0.path == path }?.buildID ?? "").tame))
        message.add(7, frames.contains { !$0.function.isEmpty })
        message.add(8, frames.contains { !$0.file.isEmpty })
        message.add(9, frames.contains { $0.line != nil })
        message.add(10, frames.contains { $0.isInlined })
        return message
    }

    private mutating func function(_ index: Int) -> ProtobufMessage {
        var message = ProtobufMessage()
        let function = functions.values[index]
        message.add(1, index + 1)
        message.add(2, strings.index(of: function.name))
        message.add(3, strings.index(of: function.name))
        message.add(4, strings.index(of: function.file))
        return message
    }
}
