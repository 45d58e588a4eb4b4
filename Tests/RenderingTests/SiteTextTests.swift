import MemoryModel
import SampleReports
import Testing

@testable import Rendering

@Suite struct `A frame in text` {
    @Test(arguments: [
        (Frame(function: "f(int)", file: "/a/b.c", line: 7), 40, "f b.c:7"),
        (Frame(function: "f", file: "/a/b.c"), 40, "f b.c"),
        (Frame(function: "f", module: "/lib/x.so", offset: 16), 40, "f x.so"),
        (Frame(function: "f"), 40, "f"),
        (Frame(module: "/lib/x.so", offset: 0x1A2B), 40, "x.so+0x1a2b"),
        (Frame(offset: 255), 40, "0xff"),
        (Frame(function: "C.f", file: "/a/w.py", line: 57, language: .python), 40, "w.py:57 C.f"),
        (Frame(function: "Table<int, long>::add(int)", file: "t.h", line: 1), 40, "Table<int, long>::add t.h:1"),
        (Frame(function: "Table<int, long>::add(int)", file: "t.h", line: 1), 26, "Table<…>::add t.h:1"),
        (Frame(function: "Table<int, long>::add(int)", file: "t.h", line: 1), 16, "Table…:add t.h:1"),
    ])
    func `says function and place, as long as there is room`(frame: Frame, columns: Int, text: String) {
        #expect(frame.text(columns: columns, style: TextStyle()) == text)
    }
}

@Suite struct `What grows, in text,` {
    @Test(
        arguments: [
            (3 << 20, 1.0, "3.00 MiB/s"), (2046, 2, "59.9 KiB/min"), (1024, 1, "1.00 KiB/s"), (17, 1, "59.8 KiB/h"),
            (100, 60, "5.86 KiB/h"), (1, 3_600, "1 B/h"),
        ] as [(Int, Double, String)])
    func `has a rate in the shortest time that makes a unit`(growth: Int, seconds: Double, text: String) {
        let report = LeakReport(growthSeconds: seconds)
        #expect(report.rateText(LeakGroup(word: .growing, growth: Estimate(growth))) == text)
    }

    @Test func `is said to be nothing, or too early to tell`() {
        var report = Sample.leaking
        report.leaks = LeakReport(seconds: 60, growthSeconds: 34, leastSeconds: 34, judged: 31)
        let style = TextStyle(width: 120)
        #expect(report.leaksText(style).contains("31 sites judged over 1 min 0 s: nothing grows beyond its error.\n"))
        #expect(
            report.text(style)
                == Sample.leaking.text(style).replacing(/\ngrowing(.|\n)*?\n\nverdict/, with: "\nverdict"))
        report.leaks = LeakReport(seconds: 3, leastSeconds: 8.6)
        #expect(report.leaksText(style).contains("3.00 s are too short to tell what grows; ask again when 8.60 s have"))
    }

    @Test func `says why nothing could be told`() {
        #expect(Sample.unsampled.leaksText(TextStyle(width: 120)).contains("started with SILT_SAMPLE=0"))
        #expect(Sample.withoutWitness.leaksText(TextStyle(width: 120)).contains("The process carries no books"))
    }
}

@Suite struct `Answers in text` {
    @Test func `are shown in a report where they are on a hundredth of RSS`() {
        var report = Sample.pinned
        #expect(report.text(TextStyle()).contains("\nheld by ") && report.text(TextStyle()).contains("\npinned by "))
        #expect(!report.text(TextStyle()).contains("\nleft by "))
        report.sites?.pins.total = ByteCount(report.rss.rawValue / 101)
        #expect(!report.text(TextStyle()).contains("\npinned by "))
        report.sites?.holds.samples = 0
        #expect(!report.text(TextStyle()).contains("\nheld by "))
        report.sites = nil
        #expect(report.text(TextStyle()) == Sample.fragmentation.text(TextStyle()))
    }

    @Test func `of a run are those of the last reading, whichever reading tells more`() {
        var run = Sample.run
        run.peak = Sample.fragmentation
        run.last = Sample.leftBehind
        let text = run.text(TextStyle(width: 120))
        #expect(text.contains("\nleft by ") && text.contains(" of free pages at exit; 377 samples say"))
        run.last = Sample.healthy
        run.last.sites = Sample.pinned.sites
        #expect(run.text(TextStyle(width: 120)).contains("held by   222 MiB live at exit; 431 samples say"))
        #expect(run.text(TextStyle(width: 120)).contains("More different stacks than the books have room for"))
        run.peak = run.last
        #expect(run.text(TextStyle(width: 120)).contains("held by   222 MiB live; 431 samples say"))
    }

    @Test func `of a process that was killed are none, and the text says why`() {
        var run = Sample.run
        #expect(!run.text(TextStyle(width: 120)).contains("No code is named"))
        run.ending = .lost
        #expect(run.text(TextStyle(width: 120)).contains("No code is named: samples are read when a process ends by"))
        run.last = Sample.withoutWitness
        #expect(!run.text(TextStyle(width: 120)).contains("No code is named"))
    }

    @Test func `say when no sample lies there`() {
        #expect(
            Sample.leftBehind.text(.pins, TextStyle()).contains("pinned by 0 B of free bytes; no sample lies there\n"))
    }

    @Test(arguments: [
        "no-unwinder", "unwinder-stopped", "unwinder-unsafe", "stacks-full", "samples-full", "samples-damaged",
        "python-unknown", "frames-full", "sampling-off",
    ])
    func `say in a sentence why names are missing`(identifier: String) {
        var report = Sample.healthy
        report.sites = SiteReport(degraded: [identifier])
        for text in [report.text(TextStyle(width: 100)), report.text(.holds, TextStyle(width: 100))] {
            #expect(text.contains("notes  ") && !text.contains(identifier))
        }
    }

    @Test func `say that a process that confined itself has no samples`() {
        var report = Sample.unsampled
        report.coverage.degraded = ["confined"]
        #expect(report.text(.holds, TextStyle(width: 120)).contains("the process has confined itself"))
        #expect(!report.text(.holds, TextStyle(width: 120)).contains("SILT_SAMPLE=0"))
    }

    @Test func `say that nothing was sampled yet`() {
        var report = Sample.healthy
        report.sites = SiteReport(mean: 512 << 10)
        #expect(report.text(.holds, TextStyle(width: 120)).contains("No allocation was sampled yet"))
    }

    @Test func `of a process without books say so`() {
        #expect(Sample.withoutWitness.text(.left, TextStyle(width: 120)).contains("The process carries no books"))
    }
}
