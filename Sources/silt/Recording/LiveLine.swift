import Glibc
import MemoryModel

/// One line on a terminal that tells how a recording goes, and is gone when it ends.
final class LiveLine {
    private var lastShown = -1.0
    private var isShown = false
    private let width: Int
    /// Seconds between two states of the line: people read no faster.
    private static let pause = 0.25

    /// `nil` where standard error is no terminal, or one that cannot take a line back.
    init?() {
        guard isatty(STDERR_FILENO) == 1, environment("TERM") != "dumb" else { return nil }
        var size = winsize()
        let isKnown = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = isKnown ? Int(size.ws_col) : 80
    }

    /// - Parameter reports: The last reading of each process that runs.
    func show(seconds: Double, _ reports: [MemoryModel.Report]) {
        guard seconds - lastShown >= Self.pause, !reports.isEmpty else { return }
        lastShown = seconds
        isShown = true
        func sum(_ value: (MemoryModel.Report) -> ByteCount) -> String { reports.reduce(0) { $0 + value($1) }.text }
        let processes = reports.count == 1 ? "" : "  \(reports.count) processes"
        let text =
            "\(Int(seconds)) s  RSS \(sum(\.rss))  retained \(sum { $0.bytes(.heapRetained) })  "
            + "fragmented \(sum { $0.bytes(.heapFragmented) })\(processes)"
        writeToStandardError("\r\u{1B}[K" + text.prefix(width - 1))
    }

    func clear() {
        if isShown { writeToStandardError("\r\u{1B}[K") }
        isShown = false
    }
}
