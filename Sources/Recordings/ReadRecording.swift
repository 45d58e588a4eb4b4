import JSONText
package import MemoryModel

/// What `silt run --record` wrote, as far as it got: a line that was not finished is left out.
///
/// Of a damaged file whatever is whole is read, and ``Recording/degraded`` says what is not:
/// - `cut-off`: it ends before the command did;
/// - `lines-damaged`: a line is no JSON, too long, or says what cannot be;
/// - `points-disordered`: points of a process were not in the order of time, and have been sorted;
/// - `processes-full`, `points-full`: it has more of them than are read;
/// - `later-version`: it has words that this version does not know.
package func readRecording(_ bytes: [UInt8]) throws(RecordingError) -> Recording {
    guard !bytes.isEmpty else { throw RecordingError("it is empty; \(RecordingError.advice)") }
    guard let firstEnd = bytes.firstIndex(of: lineFeed) else {
        throw RecordingError("it has no whole line; \(RecordingError.advice)")
    }
    var reader = try RecordingReader(start: Array(bytes[..<firstEnd]))
    var start = firstEnd + 1
    while start < bytes.count, let end = bytes[start...].firstIndex(of: lineFeed) {
        reader.take(bytes[start..<end])
        start = end + 1
    }
    return reader.finished
}

private let lineFeed = UInt8(ascii: "\n")

/// A file that silt wrote.
package enum SavedFile: Sendable {
    case recording(Recording)
    case report(Report)
    case run(RunReport)

    /// Whichever of them it is.
    package init(_ bytes: [UInt8]) throws(RecordingError) {
        // A document may be on one line or on many, a recording has its schema on the first.
        let line = bytes.prefix { $0 != lineFeed }
        let first = line.count <= RecordingReader.lineAtMost ? try? JSONNode.parse(Array(line)) : nil
        let whole = first == nil && bytes.count <= documentAtMost ? try? JSONNode.parse(bytes) : nil
        switch (try? (first ?? whole)?["schema"]?.string()) ?? "" {
        case let schema where schema.hasPrefix("silt.report/"): self = .report(try readReport(bytes))
        case let schema where schema.hasPrefix("silt.run/"): self = .run(try readRunReport(bytes))
        default: self = .recording(try readRecording(bytes))
        }
    }
}
