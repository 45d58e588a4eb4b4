internal import SegmentABI

/// The fields of an entry of the table of samples, which the format packs. Nothing is checked yet.
struct UnpackedSample {
    // SILT_SAMPLE_PLACE, SILT_SAMPLE_EXTENT and SILT_SAMPLE_STACK: macros with casts are not imported into Swift.
    private static let addressBits: UInt64 = 48

    let address: UInt64
    /// 1 + index; 0: none.
    let tag: UInt64
    /// Of `silt_sample_state`.
    let state: UInt64
    /// Of the chunk.
    let bytes: UInt64
    /// Of a live block: bytes that the program did not ask for. Of a freed one: its points.
    let rest: UInt64
    /// 1 + index; 0: none.
    let stack: UInt32

    init(_ raw: silt_sample) {
        let low = (UInt64(1) << Self.addressBits) - 1
        address = raw.place & low
        tag = raw.place >> Self.addressBits & ((1 << UInt64(SILT_SAMPLE_TAG_BITS)) - 1)
        state = raw.place >> UInt64(SILT_SAMPLE_STATE_SHIFT)
        bytes = raw.extent & low
        rest = raw.extent >> Self.addressBits
        stack = raw.stack & ((1 << UInt32(SILT_SAMPLE_STACK_BITS)) - 1)
    }

    /// The latest moment up to `now` that a packed time can mean.
    static func nanoseconds(_ time: UInt32, before now: UInt64) -> UInt64 {
        let shift = UInt64(SILT_SAMPLE_TIME_SHIFT)
        let age = UInt64(UInt32(truncatingIfNeeded: now >> shift) &- time)
        let units = now >> shift
        return units >= age ? (units - age) << shift : 0
    }
}
