internal import SegmentABI

extension SegmentFile {
    /// A live block as the table of samples has it: by numbers alone, as there may be ten million of them.
    package struct LiveBlock: Sendable {
        /// Where its chunk begins, as the books count it.
        package var chunk: UInt64
        /// Bytes of the chunk.
        package var bytes: UInt64
        /// What the program asked for, no more than ``bytes``.
        package var request: UInt64
        /// 1 + index of its stack; 0: none.
        package var stack: UInt32
    }

    /// What a table of live blocks says of itself.
    package struct LiveBlockFacts: Sendable {
        /// Mean distance between samples in bytes; 1: every allocation is in the table, 0: none.
        package var mean: Int
        /// Samples that it had no room for.
        package var dropped: Int
    }

    /// Mean distance between samples in bytes, 0 where none are taken.
    package func sampleMean() throws(SegmentError) -> Int { Int(clamping: try readOwnHeader().raw.sample_mean) }

    /// Calls `body` with every live block of the table of samples, in no order; `nil` where there is none.
    ///
    /// The one place that knows how an entry of the table lies in the file, for whoever wants all blocks and little of each.
    package func forEachLiveBlock(_ body: (LiveBlock) -> Void) throws(SegmentError) -> LiveBlockFacts? {
        let header = try readOwnHeader()
        let facts = LiveBlockFacts(
            mean: Int(clamping: header.raw.sample_mean), dropped: Int(clamping: header.raw.samples_dropped))
        guard facts.mean > 0, var section = header.optionalSection(SILT_SECTION_SAMPLES),
            section.entryBytes >= MemoryLayout<silt_sample>.size
        else { return nil }
        // A sparse file has room for any number; more blocks than these have no program.
        section.count = min(section.count, 1 << 26)
        try forEachEntry(of: section, as: silt_sample.self) { raw in
            let sample = UnpackedSample(raw)
            guard sample.state == UInt64(SILT_SAMPLE_LIVE.rawValue), sample.bytes > 0 else { return }
            body(
                LiveBlock(
                    chunk: sample.address, bytes: sample.bytes,
                    request: sample.bytes - min(sample.rest, sample.bytes), stack: sample.stack))
        }
        return facts
    }
}
