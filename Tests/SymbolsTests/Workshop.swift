import Foundation
import MemoryModel
import System
import Testing

@testable import Symbols

/// A directory that is a target's root: programs are built in its `app`, debug files put wherever they belong.
final class Workshop {
    let root: URL
    /// The folder of the programs, as the target names it.
    static let folder = "/app"

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "silt-symbols-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: app, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    var app: URL { root.appending(path: "app") }

    /// The host's path of a file that the target calls `path`.
    func path(_ path: String) -> String { root.appending(path: path).path() }

    func write(_ text: String, to name: String) throws {
        try text.write(to: app.appending(path: name), atomically: true, encoding: .utf8)
    }

    /// Runs a tool in the programs' folder and returns what it prints.
    @discardableResult func run(_ tool: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        process.currentDirectoryURL = app
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ToolFailed(call: "\(tool) \(arguments)") }
        return String(decoding: bytes, as: UTF8.self)
    }

    struct ToolFailed: Error { var call: String }

    func move(_ name: String, to path: String) throws {
        let goal = root.appending(path: path)
        try FileManager.default.createDirectory(at: goal.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.moveItem(at: app.appending(path: name), to: goal)
    }

    /// The addresses of a program's symbols.
    func symbols(of name: String, _ options: String...) throws -> [String: UInt64] {
        var found: [String: UInt64] = [:]
        for line in try run("nm", options.first ?? "-a", name).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 3, let address = UInt64(words[0], radix: 16) { found[String(words[2])] = address }
        }
        return found
    }

    func buildID(of name: String) throws -> BuildID? {
        let digits =
            try run("readelf", "-n", name).split(separator: "\n")
            .first { $0.contains("Build ID:") }?.split(separator: " ").last.map { Array($0.utf8) } ?? []
        guard !digits.isEmpty else { return nil }
        return BuildID(
            stride(from: 0, to: digits.count, by: 2).map {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)!
            })
    }

    /// A module that takes up 1 GiB from `start` on, `bias` included.
    func module(_ name: String, bias: Int = 0, buildID: BuildID? = nil) -> LoadedModule {
        LoadedModule(
            path: "\(Self.folder)/\(name)", buildID: buildID, bias: ByteCount(bias),
            range: AddressRange(start: Address(UInt64(bias)), end: Address(UInt64(bias) + 1 << 30)))
    }

    func symbolizer(_ limits: SymbolLimits = SymbolLimits()) throws -> Symbolizer {
        Symbolizer(root: try Descriptor.open(root.path()), limits: limits)
    }

    func open(_ module: LoadedModule) -> Descriptor? { try? Descriptor.open(path(module.path)) }

    /// The frames at virtual addresses of one program.
    func frames(
        of addresses: [UInt64], in name: String, bias: Int = 0, buildID: BuildID? = nil,
        limits: SymbolLimits = SymbolLimits()
    ) throws -> [UInt64: [Frame]] {
        let module = module(name, bias: bias, buildID: buildID)
        let found = try symbolizer(limits).frames(
            of: addresses.map { Address($0 &+ UInt64(bias)) }, in: [module], open: open)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.key.rawValue &- UInt64(bias), $0.value) })
    }
}
