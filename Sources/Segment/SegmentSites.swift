package import MemoryModel
internal import SegmentABI

/// A tally as the segment has it: its levels are those of its last change.
package struct SiteTally: Hashable, Sendable {
    package var kind: StackHistory.Kind
    /// Index into ``SegmentSamples/stacks``, which may not be there; `nil`: it is of threads.
    package var stack: Int?
    package var born: Int
    package var died: Int
    var tick: UInt32
    /// By number of the interval, from 0 on.
    var levels: [Double]
}

extension SiteTally {
    /// `nil` for an entry that is not in use, and for one that cannot be right, which counts in `invalid`.
    init?(_ raw: silt_site, index: Int, invalid: inout Int) {
        guard raw.kind != SILT_SITE_NONE.rawValue else { return nil }
        let kinds: [UInt32: StackHistory.Kind] = [
            SILT_SITE_BLOCKS.rawValue: .blocks, SILT_SITE_MAPPINGS.rawValue: .mappings,
            SILT_SITE_THREADS.rawValue: .threads,
        ]
        guard let kind = kinds[raw.kind], (kind == .threads) == (index == Int(SILT_SITE_OF_THREADS)) else {
            invalid += 1
            return nil
        }
        // What is read between a birth and its death is no damage, a number that no program reaches is.
        guard raw.born <= Self.most, raw.died <= Self.most else {
            invalid += 1
            return nil
        }
        self.init(
            kind: kind, stack: kind == .threads ? nil : index - 1, born: Int(raw.born), died: Int(raw.died),
            tick: raw.tick, levels: Self.levels(raw))
        guard levels.allSatisfy({ $0.isFinite && abs($0) <= Double(Self.most) }) else {
            invalid += 1
            return nil
        }
        levels = levels.map { max($0, 0) }
    }

    /// A petabyte a second for half a year.
    private static let most: UInt64 = 1 << 62

    private static func levels(_ raw: silt_site) -> [Double] {
        unsafe withUnsafeBytes(of: raw.levels) { bytes in
            (0..<Int(SILT_SITE_LEVELS)).map {
                Double(unsafe bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Float>.size, as: Float.self))
            }
        }
    }

    /// What was live at the end of each whole interval up to `now`, which continues the levels as the writer would.
    func levels(until now: UInt32) -> [Double] {
        let longer = silt_site_interval(now)
        let shorter = silt_site_interval(tick)
        let live = Double(max(born - died, 0))
        let count = now >> longer
        guard tick <= now, count > 0 else { return [] }
        return (1...count).map { interval in
            interval << longer <= tick ? levels[Int(interval << (longer - shorter))] : live
        }
    }
}

extension SegmentSamples {
    /// Nanoseconds of a tick.
    static let tickNanoseconds: UInt64 = 1 << UInt64(SILT_TICK_SHIFT)

    /// How what is live of each stack moved up to the reading; `nil` where the shim keeps no tallies.
    ///
    /// - Parameter place: Where each stack is in the list that the histories shall refer to.
    package func history(until readAt: UInt64, place: [Int: Int]) -> SampledHistory? {
        guard talliedSince > 0, readAt > talliedSince else { return nil }
        let now = UInt32(clamping: (readAt - talliedSince) / Self.tickNanoseconds)
        func history(_ tally: SiteTally) -> StackHistory? {
            let stack = tally.stack.flatMap { place[$0] }
            guard tally.tick <= now, stack != nil || tally.kind == .threads else { return nil }
            return StackHistory(
                kind: tally.kind, stack: stack, born: tally.born, died: tally.died, levels: tally.levels(until: now))
        }
        let ticks = UInt64(1) << UInt64(silt_site_interval(now))
        return SampledHistory(
            seconds: Double(readAt - talliedSince) / 1e9,
            intervalSeconds: Double(ticks * Self.tickNanoseconds) / 1e9,
            sites: tallies.lazy.filter { $0.kind != .threads && $0.born > $0.died }.compactMap(history),
            threads: tallies.first { $0.kind == .threads }.flatMap(history))
    }
}
