/// How the ledger of a process moved.
package struct LedgerSeries: Hashable, Sendable {
    /// One look. Most are cheap and tell two totals; a reading has every row.
    package struct Point: Hashable, Sendable {
        /// Since the command was started.
        package var seconds: Double
        /// Of a cheap look by the kernel's counter, which may lag behind by some pages a thread.
        package var rss: ByteCount
        /// Chunk bytes, headers included, of all live blocks.
        package var live: ByteCount
        /// One for each ``Cause``, in its order, whose sum is `rss`; `nil` where only a cheap look was taken.
        package var rows: [ByteCount]?

        package init(seconds: Double, rss: ByteCount, live: ByteCount, rows: [ByteCount]? = nil) {
            self.seconds = seconds
            self.rss = rss
            self.live = live
            self.rows = rows
        }
    }

    /// Ascending by time.
    package var points: [Point]

    package init(points: [Point] = []) { self.points = points }
}
