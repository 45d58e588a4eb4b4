import Glibc
import MemoryModel
import Rendering
import System

/// The file of a recording while it grows: lines are added, and a killed silt leaves what was added up to the last second.
///
/// What was replaced or thinned meanwhile is still in it. A file that has become large is written anew from what the
/// recorder has in memory, and so it is at the end: beside it first, so that there is a whole one at any time.
final class RecordingFile {
    private let path: String
    private var file: Descriptor
    private var unflushed: [UInt8] = []
    private var bytes = 0
    /// Whether another file may take its place: not of a pipe or a device.
    private let isReplaceable: Bool
    /// Why nothing more is written.
    private(set) var failure: String?
    /// The bytes at which the file is written anew.
    private var limit = RecordingFile.mostBytes

    private static let mostBytes = 8 << 20
    /// So much is written at once.
    private static let bufferBytes = 64 << 10

    /// - Throws: where it cannot be written at all.
    init(_ path: String) throws(SystemError) {
        self.path = path
        // What it held before is lost when the command has been started, and not before.
        let file = try Descriptor.open(path, flags: O_WRONLY | O_CREAT, mode: 0o666)
        isReplaceable = (try? file.status().isRegular) ?? false
        self.file = file
    }

    /// What `Recording.degraded` says of it, `nil` where all is well.
    var problem: String? { failure == nil ? nil : "recording-not-written" }

    func append(_ line: String) {
        unflushed += Array(line.utf8)
        if unflushed.count >= Self.bufferBytes { flush() }
    }

    func flush() {
        guard failure == nil, !unflushed.isEmpty else { return unflushed.removeAll() }
        do {
            if isReplaceable, bytes == 0 { try file.truncate() }
            try file.write(unflushed)
        } catch {
            failure = "\(error)"
        }
        bytes += unflushed.count
        unflushed.removeAll(keepingCapacity: true)
    }

    func compactWhereLarge(_ recording: Recording) {
        guard bytes > limit, isReplaceable else { return }
        replace(with: recording)
        // What cannot be made smaller is not made again and again.
        limit = max(Self.mostBytes, 2 * bytes)
    }

    /// The whole recording, and nothing else.
    func finish(_ recording: Recording) {
        flush()
        if isReplaceable, failure == nil { return replace(with: recording) }
        if let end = recording.end { append(RecordingLine.end(end, degraded: recording.degraded)) }
        flush()
    }

    /// Where there is no room for a second file the first one stays, which has it all.
    private func replace(with recording: Recording) {
        flush()
        let text = Array(recording.lines.utf8)
        do throws(SystemError) {
            // Where the path is a link, the file that it leads to is the one.
            let path = try canonicalPath(path)
            let draft = "\(path).part"
            // Of a silt that was killed while it wrote one.
            try? removeFile(draft)
            let fresh = try Descriptor.open(draft, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
            do {
                // What its owner has hidden stays hidden.
                try fresh.setMode(file.status().mode)
                try fresh.write(text)
                try moveFile(draft, to: path)
            } catch {
                try? removeFile(draft)
                throw error
            }
            file = fresh
            bytes = text.count
        } catch {
            if let end = recording.end {
                append(RecordingLine.end(end, degraded: recording.degraded))
                flush()
            }
        }
    }
}
