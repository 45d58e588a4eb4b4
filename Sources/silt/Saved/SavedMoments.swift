import Glibc
import Gzip
import MemoryModel
import Recordings
import Rendering
import System

/// What a person named on the command line: a file, and perhaps a process and a moment of it.
struct SavedMoments {
    /// As it was given, without process and moment.
    var path: String
    /// A saved report is a recording of one moment.
    var recording: Recording
    /// Whether it has moments to choose from.
    var isRecording: Bool
    var process: ProcessSelector?
    var moment: MomentName?

    /// One moment, and where it is from.
    struct Choice {
        var process: RecordedProcess
        var moment: RecordedMoment
        /// `nil` of a saved report.
        var name: MomentName?
        var place: MomentPlace
    }

    /// Reads `FILE`, `FILE@MOMENT`, `FILE:PROCESS` or `FILE:PROCESS@MOMENT`.
    ///
    /// - Parameter process: What `--process` says.
    init(_ text: String, process: ProcessSelector? = nil) throws {
        let (path, words) = Self.parted(text)
        self.path = path
        self.process = process
        if let number = words.process {
            guard process == nil else {
                throw Failure(
                    "'\(text)' names a process, and so does --process; leave one out", status: Failure.usage)
            }
            self.process = ProcessSelector(argument: number)
        }
        if let name = words.moment {
            moment = MomentName(name)
            guard moment != nil else {
                throw Failure(
                    "'\(text)' names no moment behind its @; give peak, fragmentation, exit or a mark's name",
                    status: Failure.usage)
            }
        }
        switch try SavedFile.load(path) {
        case .recording(let recording): (self.recording, isRecording) = (recording, true)
        case .run(let run): (recording, isRecording) = (Recording(run), true)
        case .report(let report): (recording, isRecording) = (Recording(report), false)
        }
    }

    /// Names may have any character: the longest beginning that is a file is the path.
    private static func parted(_ text: String) -> (path: String, words: (process: String?, moment: String?)) {
        if isThere(text) { return (text, (nil, nil)) }
        let places = text.indices.filter { text[$0] == "@" }.reversed() + [text.endIndex]
        for place in places {
            let head = String(text[..<place])
            let moment = place < text.endIndex ? String(text[text.index(after: place)...]) : nil
            if moment != nil, isThere(head) { return (head, (nil, moment)) }
            if let colon = head.lastIndex(of: ":"), isThere(String(head[..<colon])) {
                return (String(head[..<colon]), (String(head[head.index(after: colon)...]), moment))
            }
        }
        // It is said of the path that it is not there.
        return (text.firstIndex(of: "@").map { String(text[..<$0]) } ?? text, (nil, nil))
    }

    private static func isThere(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}

// Choosing ------------------------------------------------------------------------------------------------------------

extension SavedMoments {
    /// The process that is meant: of several that match, or where none is named, the one with the highest RSS.
    func chosenProcess() throws -> RecordedProcess {
        let all = recording.processes
        let matching: [RecordedProcess]
        switch process {
        case nil: matching = all
        case .number(let number): matching = all.filter { $0.index == number }
        case .command(let words): matching = all.filter { $0.command.joined(separator: " ").contains(words) }
        }
        guard !matching.isEmpty else {
            let range = all.isEmpty ? "none" : all.count == 1 ? "only process 0" : "processes 0 to \(all.count - 1)"
            throw Failure("\(path) has no process \(process?.words ?? ""); it has \(range)", status: Failure.usage)
        }
        let read = matching.filter { !$0.moments.isEmpty }
        guard let chosen = read.max(by: { $0.highestRSS < $1.highestRSS }) else {
            let reason =
                matching.contains(where: \.isCovered) ? "it ended too early" : "it does not carry libsilt.so"
            throw Failure(
                "no such process of \(path) was ever read, so there is no report on it; \(reason)",
                status: Failure.cannotMeasure)
        }
        return chosen
    }

    /// The moment that is meant; where none is named, the last.
    func chosen() throws -> Choice {
        let process = try chosenProcess()
        return try chosen(moment, of: process)
    }

    func chosen(_ name: MomentName?, of process: RecordedProcess) throws -> Choice {
        let named = process.namedMoments
        guard let moment = name.map({ process[$0] }) ?? process.latest else {
            let names = named.map(\.name.description)
            let known = names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
            throw Failure(
                "\(path) has no moment '\(name?.description ?? "")' of process \(process.index); it has \(known)",
                status: Failure.usage)
        }
        let own = named.first { $0.moment.kind == moment.kind && $0.moment.seconds == moment.seconds }?.name
        let place = MomentPlace(
            file: path, process: process.index, processes: recording.processes.count,
            moment: isRecording ? own ?? name : nil, seconds: moment.seconds, degraded: recording.degraded)
        return Choice(process: process, moment: moment, name: isRecording ? own ?? name : nil, place: place)
    }
}

// Loading -------------------------------------------------------------------------------------------------------------

extension SavedFile {
    /// A recording of an hour has less than 10 MiB.
    private static let bytesAtMost = 256 << 20

    /// Reads a file, which may be compressed by gzip.
    static func load(_ path: String) throws -> SavedFile {
        do {
            let file = try Descriptor.open(path)
            var bytes = try file.readAll(atMost: bytesAtMost + 1)
            guard bytes.count <= bytesAtMost else { throw tooLarge(path) }
            if isGzip(bytes) { bytes = try gunzip(bytes, atMost: bytesAtMost) }
            return try SavedFile(bytes)
        } catch let error as SystemError {
            throw Failure("\(error); give a PID, or a file that silt wrote", status: Failure.usage)
        } catch let error as GunzipError {
            if error == .tooLarge { throw tooLarge(path) }
            throw Failure(
                "cannot use \(path): it begins like a gzip file and is none; make it anew", status: Failure.usage)
        } catch let error as RecordingError {
            throw Failure("cannot use \(path): \(error)", status: Failure.usage)
        }
    }

    private static func tooLarge(_ path: String) -> Failure {
        Failure(
            "cannot use \(path): it is larger than any recording (\(bytesAtMost >> 20) MiB); give another file",
            status: Failure.usage)
    }
}
