internal import Glibc
package import MemoryModel
internal import SegmentABI
internal import System

/// What one look at a segment tells, for who watches many.
package struct SegmentGlance: Sendable, Equatable {
    /// The process as it sees itself.
    package var pid: Int
    /// The process whose books these continue, where this one was forked.
    package var forkedFrom: Int?
    /// When the books began, on the clock that counts since boot.
    package var createdNanoseconds: UInt64
    package var leaving: Leaving
    /// Chunk bytes of all live blocks.
    package var liveBytes: ByteCount
    /// Entries of the table of samples that may be in use; 0 where nothing is sampled.
    package var samples: Int
}

extension SegmentFile {
    /// Reads the header and the totals: two reads, whatever the size of the heap.
    package func glance() throws(SegmentError) -> SegmentGlance {
        let header = try readHeader()
        let totals = try entries(header, SILT_SECTION_SLOTS, as: silt_slot.self)
        return SegmentGlance(
            pid: Int(header.raw.pid),
            forkedFrom: header.raw.forked_from == 0 ? nil : Int(header.raw.forked_from),
            createdNanoseconds: header.raw.created_ns, leaving: Leaving(header.raw.leaving),
            liveBytes: ByteCount(totals.reduce(0) { $0 &+ $1.liveBytes }),
            samples: header.optionalSection(SILT_SECTION_SAMPLES)?.count ?? 0)
    }

    /// Whether a process still maps the segment: the shim's lock (shim/core/segment.c, create_file) belongs to the
    /// mapping, so that exec, exit and kill -9 alike end it.
    package func isMapped() -> Bool {
        do {
            try lock(LOCK_EX | LOCK_NB)
            try lock(LOCK_UN)
            return false
        } catch {
            return error.errno == EWOULDBLOCK
        }
    }
}

extension Leaving {
    /// From the header's field.
    init(_ raw: UInt32) {
        switch raw {
        case SILT_LEAVING_EXIT.rawValue: self = .exit
        case SILT_LEAVING_EXEC.rawValue: self = .exec
        default: self = .no
        }
    }
}
