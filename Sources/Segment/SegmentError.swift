package import System

/// Why a segment can't be used.
package enum SegmentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file can't be opened or read.
    case system(SystemError)
    /// It is not what the process maps: another file has its name, or its name leads elsewhere.
    case replaced
    /// It belongs to another user than the process, or others may write to it.
    case notOwned
    /// It is shorter than its own header says, or than a header.
    case truncated
    /// It does not begin as a segment does.
    case notASegment
    /// Another major version of the format.
    case version(UInt32)
    /// A size or an offset that cannot be.
    case implausible(String)
    /// The process has no books of its own: what it maps are those of the process that it was forked from.
    case ofAnotherProcess(pid: UInt32)
    /// The shim was still building it.
    case building

    package var description: String {
        switch self {
        case .system(let error): "its segment cannot be read: \(error)"
        case .replaced: "its segment's file was replaced by another one"
        case .notOwned: "its segment's file is not the process's own (owner or mode)"
        case .truncated: "its segment's file is truncated"
        case .notASegment: "its segment's file is damaged: it does not begin as a segment does"
        case .version(let version): "its segment has version \(version) of the format, which this silt cannot read"
        case .implausible(let what): "its segment's file is damaged: \(what) cannot be right"
        case .ofAnotherProcess(let pid): "it has no books of its own: what it maps are those of process \(pid)"
        case .building: "its segment was just being built"
        }
    }
}
