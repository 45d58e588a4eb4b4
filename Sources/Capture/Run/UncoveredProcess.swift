internal import MemoryModel
internal import ProcFS

/// A process of a run that does not carry the library: it is linked statically, say, or was started without `LD_PRELOAD`.
///
/// It has no books and announces nothing: what the kernel counts is all that is known of it.
final class UncoveredProcess {
    /// Its number in the run, from 0; negative while it has none.
    var index = -1
    let pid: Int32
    let parent: Int32
    let command: [String]
    private let directory: ProcessDirectory
    private(set) var rss: ByteCount = 0
    private(set) var highWater: ByteCount = 0

    /// - Throws: where it is gone.
    init(pid: Int32) throws(ProcessError) {
        let directory = try ProcessDirectory(pid: pid)
        self.pid = pid
        let stat = try directory.stat()
        parent = stat.parent
        let words = try directory.commandLine()
        command = words.isEmpty ? ["[\(stat.name)]"] : words
        self.directory = directory
    }

    /// Looks at RSS; `false` where it is gone.
    func look() -> Bool {
        do throws(ProcessError) {
            let status = try directory.status()
            if let resident = status.rss {
                rss = resident
                highWater = max(highWater, status.highWater ?? 0, rss)
            }
            // Of a zombie nothing is left but a number.
            return status.rss != nil
        } catch {
            return !error.meansItIsGone
        }
    }
}
