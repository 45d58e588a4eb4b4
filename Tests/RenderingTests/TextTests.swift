import MemoryModel
import Rendering
import SampleReports
import Testing

@Suite struct `A ledger in text` {
    @Test(arguments: [(4096, "4.00 KiB more than RSS"), (-1, "1 B less than RSS"), (0, "= RSS exactly")])
    func `says what its sum is to RSS`(difference: Int, words: String) {
        var report = Sample.healthy
        report.rss = report.rss - ByteCount(difference)
        let text = report.text(TextStyle())
        #expect(text.contains(words))
        #expect(text.contains("= RSS exactly") == (difference == 0))
        let run = ProcessRun(peak: Sample.retention, last: report, ending: .lost)
        #expect(run.text(TextStyle(width: 120)).contains(difference == 0 ? words : words + " at the last reading"))
    }

    @Test func `leaves out rows of nothing, but for the heap's and what is unexplained`() {
        let text = Sample.healthy.text(TextStyle())
        #expect(text.contains("    kept             0 B"))
        #expect(text.contains("  unexplained        0 B"))
        #expect(!text.contains("mappings") && !text.contains("shared"))
        #expect(!Sample.withoutWitness.text(TextStyle()).contains("  heap "))
    }

    @Test func `has a column for swap only where there is swap`() {
        #expect(Sample.fragmentation.text(TextStyle()).contains("in swap\n"))
        #expect(!Sample.retention.text(TextStyle()).contains("in swap"))
    }

    @Test(arguments: [(4, "owner-4", "more"), (5, "2 more", "owner-4")])
    func `names the three largest owners, and a fourth in the place of the rest`(
        owners: Int, shown: String, hidden: String
    ) {
        let names = (1...owners).map { ("/lib/owner-\($0)", ByteCount.mebibytes(10 - $0)) }
        let report = Sample.report(
            command: ["x"], ledger: [.mappings: names.reduce(0) { $0 + $1.1 }],
            owners: Dictionary(uniqueKeysWithValues: names), verdict: Sample.healthy.verdict)
        let text = report.text(TextStyle())
        #expect(text.contains("    owner-1 ") && text.contains("    owner-3 ") && text.contains("    \(shown) "))
        #expect(!text.contains(hidden))
    }
}

@Suite struct `The first lines of a report` {
    /// VmHWM may lag behind RSS: it is updated when RSS is about to fall (include/linux/mm.h, update_hiwater_rss).
    @Test(arguments: [(nil, false), (192, false), (212, false), (260, true)])
    func `show the high-water mark where it is higher`(mebibytes: Int?, isShown: Bool) {
        var report = Sample.retention
        report.process.highWater = mebibytes.map(ByteCount.mebibytes)
        #expect(report.text(TextStyle()).contains("high-water mark") == isShown)
    }

    @Test func `say whether trimming helps only where one may think so`() {
        #expect(Sample.fragmentation.text(TextStyle()).contains("malloc_trim(0) would return nothing\n\n"))
        #expect(!Sample.healthy.text(TextStyle()).contains("malloc_trim"))
        var report = Sample.fragmentation
        report.allocator = "jemalloc"
        #expect(!report.text(TextStyle()).contains("malloc_trim(0) would return nothing\n\n"))
    }
}

@Suite struct `A run in text` {
    @Test(arguments: [
        (ProcessRun.Ending.exit, "exited after", "at exit"), (.exec, "became another program after", "at exec"),
        (.lost, "killed or lost: last periodic reading", "last reading"), (.running, "still running after", "now"),
    ])
    func `tells how the process ended`(ending: ProcessRun.Ending, title: String, column: String) {
        let text = ProcessRun(peak: Sample.healthy, last: Sample.retention, ending: ending).text(TextStyle(width: 100))
        #expect(text.contains(title))
        #expect(text.contains("earlier   of RSS") && text.contains("\(column)   of RSS"))
        #expect(text.contains("\nthen ") == (ending != .running))
        #expect(text.contains("would have returned 192 MiB") == (ending != .running))
    }

    /// Between two periodic readings and the end, RSS may have grown.
    @Test func `calls a peak one only where the last reading is not above it`() {
        var last = Sample.retention
        last.ledger[1].bytes += 4096
        last.rss += 4096
        #expect(ProcessRun(peak: Sample.retention, last: last, ending: .exit).text(TextStyle()).contains("at peak"))
        last.rss += .mebibytes(10)
        let text = ProcessRun(peak: Sample.retention, last: last, ending: .exit).text(TextStyle())
        #expect(text.contains("RSS 212 MiB earlier") && !text.contains("at peak"))
    }

    @Test func `says a verdict once where both readings have the same`() {
        var last = Sample.retention
        last.process.uptimeSeconds += 1
        last.ledger[0].bytes += 4096
        last.rss += 4096
        let text = ProcessRun(peak: Sample.retention, last: last, ending: .exit).text(TextStyle())
        #expect(text.contains("retention, 192 MiB (90.6 % of RSS), at exit (at peak too)"))
        #expect(!text.contains("\nalso "))
    }

    /// The bars and the headline follow the reading that found something.
    @Test(arguments: [
        (Sample.healthy, Sample.retention, "retention 192 MiB (90.6 %) at exit"),
        (Sample.retention, Sample.healthy, "retention 192 MiB (90.6 %) at peak"),
        (Sample.fragmentation, Sample.retention, "fragmentation 880 MiB (73.0 %) at peak"),
        (Sample.withoutWitness, Sample.healthy, "unknown 3.03 MiB (12.0 %) earlier"),
    ])
    func `speaks first of the reading with more to say`(peak: Report, last: Report, headline: String) {
        let text = ProcessRun(peak: peak, last: last, ending: .exit).text(TextStyle(width: 100))
        #expect(text.contains(headline))
    }

    @Test func `prefers a finding to not knowing, however large`() {
        var unknown = Sample.withoutWitness
        unknown.verdict.bytes = .mebibytes(4096)
        let text = ProcessRun(peak: Sample.retention, last: unknown, ending: .exit).text(TextStyle(width: 100))
        #expect(text.contains("retention 192 MiB (90.6 %) at peak"))
    }

    @Test func `tells a remedy once that both readings ask for`() {
        var peak = Sample.fragmentation
        peak.verdict.remedies = Sample.retention.verdict.remedies
        let text = ProcessRun(peak: peak, last: Sample.retention, ending: .exit).text(TextStyle())
        #expect(text.contains("\nalso      retention"))
        #expect(text.occurrences(of: "Call malloc_trim(0) once the burst is over.") == 1)
    }

    @Test func `shows one reading where the peak was the last`() {
        let text = ProcessRun(peak: Sample.retention, last: Sample.retention, ending: .exit).text(TextStyle())
        #expect(!text.contains("at peak") && text.contains("at exit   of RSS"))
    }

    @Test func `counts the processes where there are several`() {
        var run = Sample.server
        #expect(run.text(TextStyle()).hasPrefix("3 processes over 10 MiB\n"))
        run.processes[2].peak.rss = .mebibytes(1)
        #expect(run.text(TextStyle()).hasPrefix("3 processes\n"))
        run.processes.removeLast(2)
        #expect(run.text(TextStyle()) == run.processes[0].text(TextStyle()))
        run.processes = []
        #expect(run.text(TextStyle()) == "No process with libsilt.so in it grew over 10 MiB.\n")
    }
}

extension String {
    /// How often a text occurs in this one.
    fileprivate func occurrences(of text: String) -> Int { ranges(of: text).count }
}
