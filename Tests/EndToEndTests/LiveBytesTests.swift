import Testing

/// glibc's own books as an independent witness: mallinfo2(3).
struct `Live bytes` {
    /// sizeof (tcache_perthread_struct) as a chunk, glibc 2.30 to 2.41: libc's own, and no block of the program.
    private static let cacheBytes = 656
    private static let workloads = Result { try Workload.all().filter { $0.threads == 1 } }

    @Test(arguments: try Self.workloads.get())
    func `are what glibc counts as in use where nothing is cached`(_ workload: Workload) throws {
        try withScratch { scratch in
            let environment = ["GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"]
            let command = workload.command.filter { $0 != "--gate" }
            try withTarget(command, in: scratch, environment: environment) { target in
                let ready = try #require(try target.ready().first)
                let report = try report(on: try #require(ready.pid))
                expectWhole(report)
                let inUse = try #require(ready.inUseBytes)
                expect(
                    [("\(report.heap.liveBytes) of \(inUse)", report.heap.liveBytes == inUse - Self.cacheBytes)],
                    report,
                    #_sourceLocation)
            }
        }
    }
}
