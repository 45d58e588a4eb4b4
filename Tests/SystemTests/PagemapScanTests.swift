import Glibc
import System
import Testing

struct `Scan of the page tables` {
    private let everything = PageFilter(anyOf: [.present], noneOf: [], reported: [.present, .file])

    @Test func `is unsupported on a file that is no pagemap`() throws {
        let file = try Descriptor.open("/dev/null")
        let error = #expect(throws: SystemError.self) {
            try pagemapScan(file, range: 0..<4096, filter: everything) { _ in }
        }
        #expect(error?.isUnsupportedScan == true)
    }

    @Test func `is unsupported for a category that the kernel does not know`() throws {
        let pagemap = try Descriptor.open("/proc/self/pagemap")
        let filter = PageFilter(anyOf: PageCategories(rawValue: 1 << 60), noneOf: [], reported: [.present])
        let error = #expect(throws: SystemError.self) {
            try pagemapScan(pagemap, range: 0..<4096, filter: filter) { _ in }
        }
        #expect(error?.isUnsupportedScan == true)
    }

    @Test func `no other failure is taken for unsupported`() {
        #expect(!SystemError(call: "ioctl(PAGEMAP_SCAN)", errno: ESRCH, what: "").isUnsupportedScan)
        #expect(!SystemError(call: "open", errno: EINVAL, what: "").isUnsupportedScan)
    }

    /// More pages than one call takes: every other one of 80 MiB, then all of them.
    @Test func `goes on where one call stopped`() throws {
        let pages = 20_480
        let memory = unsafe try #require(
            mmap(nil, pages * pageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { unsafe munmap(memory, pages * pageSize) }
        unsafe madvise(memory, pages * pageSize, MADV_NOHUGEPAGE)
        for page in stride(from: 0, to: pages, by: 2) {
            unsafe memory.storeBytes(of: 1, toByteOffset: page * pageSize, as: UInt8.self)
        }
        let start = UInt64(UInt(bitPattern: memory))
        let range = start..<start + UInt64(pages * pageSize)
        var regions: [PageRegion] = []
        try pagemapScan(Descriptor.open("/proc/self/pagemap"), range: range, filter: everything) { regions.append($0) }
        let size = UInt64(pageSize)
        let expected = stride(from: start, to: range.upperBound, by: 2 * pageSize).map {
            PageRegion(start: $0, end: $0 + size, categories: .present)
        }
        #expect(regions == expected)

        unsafe memset(memory, 1, pages * pageSize)
        regions = []
        try pagemapScan(Descriptor.open("/proc/self/pagemap"), range: range, filter: everything) { regions.append($0) }
        #expect(regions == [PageRegion(start: range.lowerBound, end: range.upperBound, categories: .present)])
    }
}
