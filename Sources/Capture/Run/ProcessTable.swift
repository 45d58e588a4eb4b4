internal import MemoryModel
internal import ProcFS
internal import System

/// What a search asks of the machine's processes, one at a time.
struct ProcessTable {
    struct Entry {
        var parent: Int32
        /// With the number, what names a process for good.
        var startTicks: UInt64
    }

    enum Books: Equatable {
        /// The name of the run's segment that it maps.
        case segment(String)
        case none
        case gone
    }

    /// All that there are, in no order.
    var pids: () -> [Int32]
    /// `nil` of one that is gone, or of which nothing is left but its exit status.
    var entry: (Int32) -> Entry?
    var books: (Int32) -> Books
}

extension ProcessTable {
    /// Of the machine, as far as `/proc` shows it.
    ///
    /// - Parameter run: The name of the run's directory, which segments of its processes lie in.
    init(run: String) {
        pids = { (try? Descriptor.open("/proc", flags: directoryFlags).numericNames()) ?? [] }
        entry = { pid in
            guard let stat = try? ProcessDirectory(pid: pid).stat(), !stat.isZombie else { return nil }
            return Entry(parent: stat.parent, startTicks: stat.startTicks)
        }
        books = { pid in
            do throws(ProcessError) {
                for mapping in try ProcessDirectory(pid: pid).maps() {
                    if let name = segmentName(mapping.name, in: run) { return .segment(name) }
                }
                return .none
            } catch {
                // Who may not be looked into runs as somebody else, whom nothing is preloaded into.
                return error.meansItIsGone ? .gone : .none
            }
        }
    }
}

/// `nil` of a file elsewhere: also of one in the directory of a run within this one.
private func segmentName(_ path: String, in run: String) -> String? {
    let parts = path.split(separator: "/").suffix(2)
    guard parts.count == 2, parts.first == Substring(run), let file = parts.last else { return nil }
    // Of a file that has been removed the kernel says so (fs/d_path.c).
    return file.hasSuffix(" (deleted)") ? String(file.dropLast(" (deleted)".count)) : String(file)
}
