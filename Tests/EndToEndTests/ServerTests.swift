import Foundation
import Testing

/// Programs of others, as Debian ships them.
struct `A real program` {
    private static let ruby = "/usr/bin/ruby"
    /// Debian's folder of PostgreSQL's own programs, of the newest version.
    private static let postgres = { () -> String? in
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }.last.map { "\(root)/\($0)/bin" }
    }()

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: ruby), "the package ruby is installed"))
    func `in Ruby has rows that sum`() throws {
        try withScratch { scratch in
            try withTarget([Self.ruby, Build.script("burst", "rb")], in: scratch) { target in
                _ = try target.ready()
                for options in [[], ["--stop"]] {
                    let report = try report(on: target.pid, options: options)
                    expectWhole(report)
                    #expect(report.rss == (try rollupRss(target.pid)))
                    expect(
                        [
                            ("its heap is known", report.heap.liveBytes > 4 << 20),
                            ("its own heap pages are mappings", report.bytes("mappings") > 0),
                        ], report, #_sourceLocation)
                }
            }
        }
    }

    @Test(.enabled(if: postgres != nil, "the package postgresql is installed"))
    func `of PostgreSQL has its shared memory in a row of its own`() throws {
        try withScratch { scratch in
            let library = try Privileges.publish(Build.library, in: scratch)
            let folder = "\(scratch.folder)/postgres"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try FileManager.default.setAttributes([.posixPermissions: 0o1777], ofItemAtPath: folder)
            let command = [Build.python, Build.script("postgres"), try #require(Self.postgres), folder, library]
            try withTarget(command, in: scratch, preloaded: false) { target in
                let servers = try target.ready(2)
                let postmaster = try report(on: try #require(servers[0].pid), "--stop")
                let backend = try report(on: try #require(servers[1].pid), "--stop")
                for report in [postmaster, backend] {
                    expectWhole(report)
                    #expect(report.rss == (try rollupRss(report.content.process.pid)))
                }
                // 300,000 rows of more than 100 bytes went through its buffers, 16 MiB of them at a time
                // (BAS_BULKWRITE, src/backend/storage/buffer/freelist.c).
                let shared = backend.bytes("shared")
                expect([("\(shared) are shared", shared > 12 << 20)], backend, #_sourceLocation)
                let ownShared = postmaster.bytes("shared")
                expect([("\(ownShared) are shared", ownShared > 1 << 20)], postmaster, #_sourceLocation)
                // The postmaster, the backend, and those that every cluster has.
                #expect(scratch.segmentNames().count >= 5)
            }
        }
    }
}
