package import MemoryModel

/// Made-up answers about code, for the samples that have a heap worth asking of.
extension Sample {
    package static let main = Frame(function: "main", file: "/src/ingest/main.cpp", line: 31, module: "/srv/bin/ingest")
    package static let serve = Frame(
        function: "ingest::Server::serve(int)", file: "/src/ingest/server.cpp", line: 204, module: "/srv/bin/ingest")
    package static let parse = Frame(
        function: "ingest::Parser::row(std::basic_string_view<char, std::char_traits<char> >)",
        file: "/src/ingest/parser.cpp", line: 88, module: "/srv/bin/ingest")
    package static let index = Frame(
        function: "ingest::Index<ingest::Key, std::vector<unsigned int, std::allocator<unsigned int> > >::insert("
            + "ingest::Key)",
        file: "/src/ingest/index.hpp", line: 1_203, module: "/srv/bin/ingest", isInlined: true)
    package static let stripped = Frame(module: "/opt/vendor/lib/libssl.so.3", offset: 0x3_A1F0)
    package static let python = Frame(
        function: "Worker.load", file: "/srv/app/worker.py", line: 57, language: .python)
    package static let loop = Frame(function: "main", file: "/srv/app/worker.py", line: 112, language: .python)

    /// A process whose index pins what its parser freed.
    package static let pinned: Report = {
        var report = fragmentation
        let index = SiteGroup(
            frames: [Sample.index, serve, main], bytes: Estimate(890 << 20, error: 41 << 20),
            blocks: Estimate(61_440, error: 2_100), live: Estimate(12 << 20, error: 600 << 10), samples: 1_204)
        var sites = SiteReport(mean: 512 << 10)
        sites.holds = SiteAnswer(
            .holds, total: .mebibytes(222), estimate: Estimate(219 << 20, error: 11 << 20),
            withoutStack: Estimate(7 << 20, error: 3 << 20), samples: 431,
            groups: [
                SiteGroup(
                    frames: [parse, serve, main], bytes: Estimate(180 << 20, error: 10 << 20),
                    blocks: Estimate(18_432, error: 1_024), samples: 352),
                SiteGroup(
                    frames: [stripped, serve, main], bytes: Estimate(20 << 20, error: 0),
                    blocks: Estimate(2, error: 0), samples: 2),
                SiteGroup(
                    frames: [Sample.index, serve, main], bytes: Estimate(12 << 20, error: 5 << 20),
                    blocks: Estimate(61_440, error: 20_000), samples: 24),
                SiteGroup(bytes: Estimate(7 << 20, error: 3 << 20), blocks: Estimate(300, error: 150), samples: 13),
                SiteGroup(frames: [main], bytes: Estimate(90_000, error: 90_000), blocks: Estimate(1), samples: 1),
            ], groupCount: 9)
        sites.pins = SiteAnswer(
            .pins, total: report.bytes(.heapFragmented), estimate: Estimate(902 << 20, error: 44 << 20), samples: 1_300,
            groups: [
                index,
                SiteGroup(
                    frames: [parse, serve, main], bytes: Estimate(12 << 20, error: 4 << 20),
                    blocks: Estimate(900, error: 300), live: Estimate(9 << 20, error: 3 << 20), samples: 96),
            ], groupCount: 2)
        sites.left = SiteAnswer(.left, total: report.bytes(.heapRetained), samples: 0)
        sites.mappings = [MappingSite(frames: [stripped, main], bytes: .mebibytes(64), count: 4)]
        sites.degraded = ["stacks-full", "samples-full", "of-a-later-version"]
        sites.dropped = 12
        report.sites = sites
        return report
    }()

    /// A Python worker that freed a burst.
    package static let leftBehind: Report = {
        var report = retention
        var sites = SiteReport(mean: 512 << 10)
        sites.left = SiteAnswer(
            .left, total: report.bytes(.heapRetained) + report.bytes(.heapKept),
            estimate: Estimate(188 << 20, error: 13 << 20), samples: 377,
            groups: [
                SiteGroup(
                    frames: [python, loop], bytes: Estimate(181 << 20, error: 12 << 20),
                    blocks: Estimate(4_242, error: 300), kept: Estimate(100 << 10, error: 90 << 10),
                    freed: SiteGroup.Freed(medianSeconds: 40.2, latestSeconds: 38), samples: 361),
                SiteGroup(
                    frames: [loop], bytes: Estimate(7 << 20, error: 4 << 20), blocks: Estimate(14, error: 8),
                    kept: Estimate(), freed: SiteGroup.Freed(medianSeconds: 4_000, latestSeconds: 3_600), samples: 16),
            ], groupCount: 2)
        report.sites = sites
        return report
    }()

    /// A service in which a cache, a leak, its mappings and its threads grow.
    package static let leaking: Report = {
        var report = healthy
        report.process.command = ["/srv/bin/ingest"]
        report.sites = SiteReport(mean: 512 << 10, holds: SiteAnswer(.holds, samples: 431))
        let kept = LeakGroup(
            word: .growing, frames: [parse, serve, main], bytes: Estimate(70 << 20, error: 12 << 20),
            growth: Estimate(36 << 20, error: 8 << 20), score: 0.994, oldestSeconds: 58.4, count: 140)
        let cached = LeakGroup(
            word: .growing, frames: [python, loop], bytes: Estimate(21 << 20, error: 6 << 20),
            growth: Estimate(400 << 10, error: 90 << 10), score: 0.977, oldestSeconds: 7_000, count: 42)
        let mapped = LeakGroup(
            word: .growing, kind: .mappings, frames: [stripped, main], bytes: Estimate(304 << 20),
            growth: Estimate(160 << 20), score: 0.999_94, count: 152)
        let threads = LeakGroup(
            word: .growing, kind: .threads, frames: [Frame(function: "ingest::wait", file: "wait.cpp", line: 3)],
            bytes: Estimate(1_120 << 10), growth: Estimate(64), score: 0.9995, oldestSeconds: 59, count: 120)
        let burst = LeakGroup(
            word: .suspect, frames: [index, serve, main], bytes: Estimate(19 << 20, error: 6 << 20),
            growth: Estimate(9 << 20, error: 4 << 20), score: 0.961, oldestSeconds: 50, count: 38)
        report.leaks = LeakReport(
            seconds: 60.2, growthSeconds: 34.4, leastSeconds: 34.36, judged: 31,
            groups: [kept, cached, mapped, threads, burst], groupCount: 6)
        return report
    }()

    /// Nobody wanted samples.
    package static let unsampled: Report = {
        var report = healthy
        report.sites = SiteReport(degraded: ["sampling-off"])
        return report
    }()

    /// The same process, asked by age.
    package static let byAge: Report = {
        var report = leftBehind
        report.sites?.left.grouping = .age
        for (index, name) in ["10-60 s", "1 h+"].enumerated() { report.sites?.left.groups[index].name = name }
        return report
    }()
}
