import Foundation
import Testing

/// With which allocator CPython takes its objects.
private let allocators = [[:], ["PYTHONMALLOC": "malloc"]]

struct `CPython` {
    @Test(arguments: allocators)
    func `with busy threads has rows that sum, time and again`(_ environment: [String: String]) throws {
        try withScratch { scratch in
            try withTarget(
                [Build.python, Build.script("busy-threads")], in: scratch, environment: environment
            ) { target in
                _ = try target.ready(resting: false)
                var moved = 0
                for round in 0..<20 {
                    let report = try report(on: target.pid, round % 4 == 3 ? "--stop" : "--json")
                    expectWhole(report)
                    #expect(report.content.process.threads == 7)
                    #expect(report.heap.liveBytes > 1 << 20)
                    #expect(report.content.reading.stopped == (round % 4 == 3))
                    // Then the bound on what is unexplained is as strict as for any program.
                    if report.content.reading.stopped { #expect(report.content.reading.movedBytes == 0) }
                    moved += report.content.reading.movedBytes
                }
                // The probe itself: it was busy.
                #expect(moved > 0)
                #expect(target.isRunning)
            }
        }
    }

    @Test(arguments: allocators)
    func `that forks has complete books for every child`(_ environment: [String: String]) throws {
        try withScratch { scratch in
            try withTarget([Build.python, Build.script("forking")], in: scratch, environment: environment) { target in
                let reports = try target.ready(4).map { try report(on: #require($0.pid), "--stop") }
                #expect(Set(reports.map(\.content.process.pid)).count == 4)
                #expect(scratch.segmentNames().count == 4)
                for report in reports {
                    expectWhole(report)
                    #expect(report.rss == (try rollupRss(report.content.process.pid)))
                    // 6000 blocks of 4000 bytes from before the fork, and 2000 of each child's own.
                    let isParent = report.content.process.pid == target.pid
                    let held = (isParent ? 6000 : 8000) * 4048
                    let live = report.heap.liveBytes
                    expect(
                        [("\(live) live bytes are at least the \(held) held", live >= held && live < held + 8 << 20)],
                        report, #_sourceLocation)
                }
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
    func `that gives up root's rights keeps its books`() throws {
        try withScratch { scratch in
            // In /dev/shm, whose sticky bit protects root's files, the next program that starts sweeps the segment.
            for folder in [scratch.folder, scratch.segments] { #expect(unsafe chmod(folder, 0o777) == 0) }
            try withTarget([Build.python, Build.script("dropping")], in: scratch) { target in
                _ = try target.ready()
                let report = try report(on: target.pid, "--json")
                expectWhole(report)
                #expect(report.heap.liveBytes > 2000 * 4000)
            }
        }
    }
}
