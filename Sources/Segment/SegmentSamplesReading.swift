internal import MemoryModel
internal import SegmentABI

extension SegmentFile {
    /// Copies out what the segment says of the sampled allocations; `nil` where none are taken.
    ///
    /// In the order of the references: what an entry refers to was whole before the entry was, and the tables only grow.
    /// So each table is read by a count that is newer than the tables that refer to it, and nothing dangles.
    ///
    /// - Parameters:
    ///   - now: `CLOCK_MONOTONIC`, in nanoseconds: the segment's times are the latest moments up to it that they can mean.
    ///   - withBlocks: `false` leaves the samples themselves out: there may be many millions.
    package func readSamples(now: UInt64, withBlocks: Bool = true) throws(SegmentError) -> SegmentSamples? {
        let first = try readOwnHeader()
        guard first.raw.sample_mean > 0 else { return nil }
        var samples = SegmentSamples(header: first)
        if withBlocks {
            try forEach(SILT_SECTION_SAMPLES, in: first, as: silt_sample.self, limit: 1 << 25) {
                samples.take($0, now: now)
            }
        }
        try readTallies(first, into: &samples)
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

    private func readTallies(_ header: SegmentHeader, into samples: inout SegmentSamples) throws(SegmentError) {
        samples.talliedSince = header.raw.sites_since_ns
        var index = 0
        var invalid = 0
        try forEach(SILT_SECTION_SITES, in: header, as: silt_site.self, limit: 1 << 20) { raw in
            // Of most stacks of a long run nothing is live any more.
            if let tally = SiteTally(raw, index: index, invalid: &invalid), index == 0 || tally.born > tally.died {
                samples.tallies.append(tally)
            }
            index += 1
        }
        samples.invalid += invalid
    }

    /// - Parameter limit: Entries that are read; a true table of this version is shorter.
    private func forEach<Entry: BitwiseCopyable>(
        _ kind: silt_section_kind, in header: SegmentHeader, as type: Entry.Type, limit: Int, _ body: (Entry) -> Void
    ) throws(SegmentError) {
        // A file may be sparse, and an entry may be long: this is what is copied at most.
        let bytes = 1 << 30
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
            case SILT_UNWINDER_UNSAFE.rawValue: .unsafe
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
    ///
    /// - Parameter now: `CLOCK_MONOTONIC`, in nanoseconds: its times are moments before it, and wrap.
    fileprivate mutating func take(_ raw: silt_sample, now: UInt64) {
        guard raw.place != 0 else { return }
        let sample = UnpackedSample(raw)
        let isLive = sample.state == UInt64(SILT_SAMPLE_LIVE.rawValue)
        let isLeft = sample.state == UInt64(SILT_SAMPLE_LEFT.rawValue)
        guard isLive || isLeft, sample.bytes > 0, isLive || sample.rest > 0 else {
            invalid += 1
            return
        }
        let bytes = ByteCount(Int(sample.bytes))
        let born = UnpackedSample.nanoseconds(raw.born, before: now)
        let block = HeapSample(
            address: Address(sample.address), bytes: bytes,
            request: isLive ? max(0, bytes - ByteCount(Int(sample.rest))) : bytes, born: born,
            freed: isLeft ? max(UnpackedSample.nanoseconds(raw.freed, before: now), born) : nil,
            thread: Int(raw.thread), stack: sample.stack == 0 ? nil : Int(sample.stack) - 1,
            tag: sample.tag == 0 ? nil : Int(sample.tag) - 1, points: isLive ? 1 : Int(sample.rest))
        if isLive { live.append(block) } else { left.append(block) }
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
