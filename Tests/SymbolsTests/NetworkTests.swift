import Foundation
import Glibc
import MemoryModel
import System
import Testing

@testable import Symbols

/// Nobody outside is asked, whatever the environment says.
struct `The network` {
    /// libdwfl is what asks debuginfod; its calls would be imported.
    @Test func `is not asked by any call`() throws {
        let workshop = try Workshop()
        let imported = try workshop.run("nm", "-D", "--undefined-only", try #require(Bundle.main.executablePath))
            .split(separator: "\n").compactMap { $0.split(separator: " ").last }
        #expect(imported.contains { $0.hasPrefix("dwarf_begin_elf") }, "the probe itself: libdw's calls are seen")
        #expect(imported.filter { $0.hasPrefix("dwfl_") || $0.contains("debuginfod") }.isEmpty)
    }

    /// In a process of its own: the environment belongs to all of one.
    @Test func `is not asked with a server in the environment`() async {
        await #expect(processExitsWith: .success) {
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = unsafe withUnsafeMutablePointer(to: &address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe bind(server, $0, length) == 0 && listen(server, 8) == 0
                        && getsockname(server, $0, &length) == 0
                }
            }
            precondition(isBound)
            unsafe setenv("DEBUGINFOD_URLS", "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/", 1)
            unsafe setenv("DEBUGINFOD_CACHE_PATH", "/nonexistent", 1)

            let workshop = try Workshop()
            try workshop.write("int shop(void) { return 1; }", to: "shop.c")
            try workshop.run("gcc", "-g", "-shared", "-fPIC", "-Wl,--build-id", "-o", "shop", "shop.c")
            let start = try workshop.symbols(of: "shop")["shop"]!
            try workshop.run("strip", "-s", "shop")
            let frames = try workshop.frames(of: [start], in: "shop")
            precondition(frames[start]?.first?.function == "shop")
            precondition(accept(server, nil, nil) == -1 && errno == EAGAIN, "somebody called")

            // The probe itself: a call would have been seen.
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let isConnected = unsafe withUnsafePointer(to: address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(client, $0, length) == 0 }
            }
            precondition(isConnected)
            precondition(accept(server, nil, nil) >= 0)
        }
    }
}
