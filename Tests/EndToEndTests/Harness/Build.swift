import Foundation

/// Where the programs of this build and the files of this checkout lie.
enum Build {
    /// The folder of the programs: that of the test binary itself.
    static let folder =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        .map { URL(fileURLWithPath: $0).deletingLastPathComponent().path } ?? "."

    static let silt = program("silt")
    static let library = "\(folder)/silt_silt.resources/libsilt.so"

    /// Debian's own interpreter: the one on PATH may be a version manager's script.
    static let python = "/usr/bin/python3"

    static func program(_ name: String) -> String { "\(folder)/\(name)" }

    /// A file of this checkout.
    static func source(_ path: String) -> String { "\(checkout)/\(path)" }

    /// A program of these tests that is not compiled: in Python, or what else the ending says.
    static func script(_ name: String, _ ending: String = "py") -> String {
        source("Tests/EndToEndTests/Programs/\(name).\(ending)")
    }

    private static let checkout = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).dropFirst()
        .reduce("") { "\($0)/\($1)" }
}
