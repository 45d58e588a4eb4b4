import Foundation
import Testing

/// A single reading of a process that kept its own history: nine seconds of it.
struct `A process that was not watched` {
    private struct History: Decodable {
        struct Trend: Decodable {
            var live: Movement
            var rss: Movement
        }

        struct Movement: Decodable {
            var course: String
            var seconds: Double
            var bytesPerSecond: Double
        }

        struct Series: Decodable {
            var stepSeconds: Int
            var ageSeconds: [Double?]
            var rssBytes: [Int?]
            var liveBytes: [Int?]
            var liveBlocks: [Int?]
        }

        var trend: Trend?
        var series: [Series]
    }

    private struct Document: Decodable {
        struct Managed: Decodable {
            var unmanagedBytes: Int
            var unmanagedOldBytes: Int
            var unmanagedRecentBytes: Int
        }

        var managed: Managed
        var history: History
    }

    /// The report on a program of one course, after what has to hold of any.
    private func reading(_ course: String) throws -> (report: ReportDocument, history: History) {
        try withScratch { scratch in
            try withTarget([Build.python, Build.script("moving"), course], in: scratch) { target in
                _ = try target.ready()
                let report = try report(on: target.pid)
                let decoder = JSONDecoder()
                decoder.keyDecodingStrategy = .convertFromSnakeCase
                let document = try decoder.decode(Document.self, from: Data(report.text.utf8))
                let (history, managed) = (document.history, document.managed)
                #expect(managed.unmanagedOldBytes + managed.unmanagedRecentBytes == report.rss)
                #expect(managed.unmanagedBytes == report.rss)
                #expect(history.series.map(\.stepSeconds) == [1, 60, 3600])
                let seconds = try #require(history.series.first)
                #expect(seconds.liveBytes.compactMap(\.self).count >= 8)
                #expect(seconds.rssBytes.compactMap(\.self).count >= 8)
                #expect(seconds.liveBytes.last == report.heap.liveBytes && seconds.rssBytes.last == report.rss)
                #expect(seconds.liveBlocks.last == report.heap.liveBlocks && seconds.ageSeconds.last == 0)
                return (report, history)
            }
        }
    }

    @Test func `is said to leak when all that it allocated is there`() throws {
        let (report, history) = try reading("leak")
        let live = try #require(history.trend?.live)
        #expect(live.course == "growing" && live.seconds >= 5, "\(live)")
        let seen = try #require(history.series.first).liveBytes.compactMap(\.self)
        let grown = Double(try #require(seen.last) - (try #require(seen.first)))
        #expect((0.7...1.3).contains(live.bytesPerSecond * live.seconds / grown), "\(live), \(grown) bytes")
        #expect(report.verdict == "leak")
    }

    @Test func `is not said to leak when it fills and empties a queue`() throws {
        let (report, history) = try reading("queue")
        #expect(history.trend?.live.course == "varying", "\(String(describing: history.trend))")
        #expect(report.verdict != "leak")
    }

    @Test func `is on a plateau when it has kept what a burst left`() throws {
        let (report, history) = try reading("burst")
        let trend = try #require(history.trend)
        #expect(trend.live.course == "flat" && trend.rss.course == "flat", "\(trend)")
        #expect(report.verdict == "fragmentation" || report.verdict == "retention")
        #expect(report.text.contains("RSS has been flat for"))
    }
}
