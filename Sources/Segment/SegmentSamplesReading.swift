internal import MemoryModel
internal import SegmentABI

extension SegmentFile {
    /// Copies out what the segment says of the sampled allocations; `nil` where none are taken.
    ///
    /// In the order of the references: what an entry refers to was whole before the entry was, and the tables only grow.
    /// So each table is read by a count that is newer than the tables that refer to it, and nothing dangles.
    ///
    /// - Parameter withBlocks: `false` leaves the samples themselves out: there may be many millions.
    package func readSamples(withBlocks: Bool = true) throws(SegmentError) -> SegmentSamples? {
        let first = try readOwnHeader()
        guard first.raw.sample_mean > 0 else { return nil }
        var samples = SegmentSamples(header: first)
        if withBlocks {
            try forEach(SILT_SECTION_SAMPLES, in: first, as: silt_sample.self, limit: 1 << 23) { samples.take($0) }
        }
        let second = try readHeader()
        try forEach(SILT_SECTION_TAGS, in: second, as: silt_tag.self, limit: 1 << 16) { samples.take($0) }
        var stacks: [silt_stack] = []
        try forEach(SILT_SECTION_STACKS, in: second, as: silt_stack.self, limit: 1 << 20) { stacks.append($0) }
        let third = try readHeader()
        try forEach(SILT_SECTION_FRAMES, in: third, as: UInt64.self, limit: 1 << 24) { samples.frames.append($0) }
        samples.take(stacks)
        let fourth = try readHeader()
        var modules: [silt_module] = []
        try forEach(SILT_SECTION_MODULES, in: fourth, as: silt_module.self, limit: 1 << 15) { modules.append($0) }
        var codes: [silt_code] = []
        try forEach(SILT_SECTION_CODE, in: fourth, as: silt_code.self, limit: 1 << 17) { codes.append($0) }
        samples.text = try text(try readHeader(), limit: 64 << 20)
        samples.take(modules)
        samples.take(codes)
        samples.isOutOfStacks =
            second.optionalSection(SILT_SECTION_STACKS)?.hasNoRoom(for: 1) ?? false
            || third.optionalSection(SILT_SECTION_FRAMES)?.hasNoRoom(for: Int(SILT_FRAMES_AT_MOST)) ?? false
        samples.dropDangling()
        return samples
    }

    /// - Parameter limit: Entries that are read; a true table of this version is shorter.
    private func forEach<Entry: BitwiseCopyable>(
        _ kind: silt_section_kind, in header: SegmentHeader, as type: Entry.Type, limit: Int, _ body: (Entry) -> Void
    ) throws(SegmentError) {
        // A file may be sparse, and an entry may be long: this is what is copied at most.
        let bytes = 512 << 20
        guard var section = header.optionalSection(kind), section.entryBytes >= MemoryLayout<Entry>.size else { return }
        section.count = min(section.count, limit, bytes / section.entryBytes)
        try forEachEntry(of: section, as: type, body)
    }

    private func text(_ header: SegmentHeader, limit: Int) throws(SegmentError) -> [UInt8] {
        guard let section = header.optionalSection(SILT_SECTION_TEXT), section.entryBytes == 1 else { return [] }
        let pieceBytes = 1 << 20
        let count = min(section.count, limit)
        var text: [UInt8] = []
        for start in stride(from: 0, to: count, by: pieceBytes) {
            let piece = try bytes(at: section.offset + Int64(start), count: min(pieceBytes, count - start))
            guard piece.count == min(pieceBytes, count - start) else { throw .truncated }
            text += piece
        }
        return text
    }
}

extension SegmentHeader.Section {
    fileprivate func hasNoRoom(for entries: Int) -> Bool { capacity - count < entries }
}

extension SegmentSamples {
    init(header: SegmentHeader) {
        let raw = header.raw
        self.init(mean: Int(clamping: raw.sample_mean))
        dropped = Int(clamping: raw.samples_dropped)
        withoutStack = Int(clamping: raw.stacks_dropped)
        unwinder =
            switch raw.unwinder {
            case SILT_UNWINDER_LIBUNWIND.rawValue: .running
            case SILT_UNWINDER_STOPPED.rawValue: .stopped
            default: .missing
            }
        python =
            switch raw.python {
            case SILT_PYTHON_NONE.rawValue: .none
            case SILT_PYTHON_KNOWN.rawValue: .known
            default: .unknown
            }
        pythonVersion = raw.python_version
        invalid = header.damaged
    }

    /// A sample's fields may be of two blocks when its entry changed hands during the copy: each is right by itself.
    fileprivate mutating func take(_ raw: silt_sample) {
        let isLive = UInt32(raw.state) == SILT_SAMPLE_LIVE.rawValue
        let isLeft = UInt32(raw.state) == SILT_SAMPLE_LEFT.rawValue
        guard UInt32(raw.state) != SILT_SAMPLE_NONE.rawValue else { return }
        guard isLive || isLeft, raw.bytes > 0, raw.bytes <= SegmentBooks.endOfAddresses,
            raw.address <= SegmentBooks.endOfAddresses, isLive || raw.points > 0
        else {
            invalid += 1
            return
        }
        let sample = HeapSample(
            address: Address(raw.address), bytes: ByteCount(Int(raw.bytes)),
            request: ByteCount(Int(min(raw.request, raw.bytes))), born: raw.born_ns,
            freed: isLeft ? max(raw.freed_ns, raw.born_ns) : nil, thread: Int(raw.thread),
            stack: raw.stack == 0 ? nil : Int(raw.stack) - 1, tag: raw.tag == 0 ? nil : Int(raw.tag) - 1,
            points: isLive ? 1 : Int(raw.points))
        if isLive { live.append(sample) } else { left.append(sample) }
    }

    fileprivate mutating func take(_ raw: silt_tag) {
        let text = unsafe withUnsafeBytes(of: raw.text) { unsafe Array($0.prefix { $0 != 0 }) }
        tags.append(String(decoding: text, as: UTF8.self))
    }

    fileprivate mutating func take(_ raw: [silt_stack]) {
        stacks = raw.map { raw in
            let most = UInt16(SILT_FRAMES_AT_MOST)
            let count = UInt64(raw.frames) + UInt64(raw.python_frames)
            guard raw.frames <= most, raw.python_frames <= most, raw.first_frame <= UInt64(frames.count),
                count <= UInt64(frames.count) - raw.first_frame
            else {
                invalid += 1
                return nil
            }
            let middle = Int(raw.first_frame) + Int(raw.frames)
            return Stack(
                native: Int(raw.first_frame)..<middle, python: middle..<middle + Int(raw.python_frames),
                isCut: raw.flags & SILT_STACK_CUT != 0)
        }
    }

    fileprivate mutating func take(_ raw: [silt_module]) {
        var budget = 64 << 20
        // Linux's PATH_MAX, with its NUL.
        let longestPath = 4096
        modules = raw.map { raw in
            let path = string(raw.path, raw.path_bytes, limit: longestPath, budget: &budget)
            guard let path, !path.utf8.contains(0), raw.start < raw.end, raw.end <= SegmentBooks.endOfAddresses,
                raw.build_id_bytes <= 32
            else {
                invalid += 1
                return nil
            }
            let buildID = unsafe withUnsafeBytes(of: raw.build_id) { unsafe Array($0.prefix(Int(raw.build_id_bytes))) }
            return Module(
                range: AddressRange(start: Address(raw.start), end: Address(raw.end)), bias: raw.bias, path: path,
                buildID: buildID)
        }
    }

    fileprivate mutating func take(_ raw: [silt_code]) {
        var budget = 64 << 20
        let longestName = 4096
        codes = raw.map { raw in
            guard let name = string(raw.name, raw.name_bytes, limit: longestName, budget: &budget),
                let file = string(raw.file, raw.file_bytes, limit: longestName, budget: &budget),
                let lines = place(raw.lines, raw.lines_bytes)
            else {
                invalid += 1
                return nil
            }
            return Code(name: name, file: file, firstLine: Int(raw.first_line), lines: lines)
        }
    }

    private func place(_ offset: UInt32, _ count: UInt32) -> Range<Int>? {
        let end = Int(offset) + Int(count)
        return end <= text.count ? Int(offset)..<end : nil
    }

    /// - Parameter budget: Bytes that may still be copied: all entries may claim the same ones.
    private func string(_ offset: UInt32, _ count: UInt32, limit: Int, budget: inout Int) -> String? {
        guard count <= limit, Int(count) <= budget, let place = place(offset, count) else { return nil }
        budget -= Int(count)
        return String(decoding: text[place], as: UTF8.self)
    }

    /// References to entries that are not there.
    fileprivate mutating func dropDangling() {
        func check(_ sample: inout HeapSample) {
            if let stack = sample.stack, !stacks.indices.contains(stack) || stacks[stack] == nil {
                sample.stack = nil
                invalid += 1
            }
            if let tag = sample.tag, !tags.indices.contains(tag) {
                sample.tag = nil
                invalid += 1
            }
        }
        for index in live.indices { check(&live[index]) }
        for index in left.indices { check(&left[index]) }
    }
}

extension silt_slot {
    /// Its part of the live bytes: the sums over all slots are right modulo 2^64, whatever they pass through.
    var liveBytes: Int { Int(credited &- countdown) }
}
