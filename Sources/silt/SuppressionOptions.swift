import ArgumentParser
import MemoryModel
import System

/// What is known to leak and shall not be told.
struct SuppressionOptions: ParsableArguments {
    @Option(
        name: .customLong("suppressions"),
        help: ArgumentHelp(
            "Leave out leaks by the patterns in this file, in LeakSanitizer's syntax: 'leak:pattern', a line each.",
            valueName: "file"))
    var files: [String] = []
}

/// The patterns of a file.
func readSuppressions(_ path: String) throws -> [Suppression] {
    do {
        let file = try Descriptor.open(path)
        // Longer than anybody writes by hand.
        let bytes = try file.readAll(atMost: 16 << 20)
        return try Suppression.parse(String(decoding: bytes, as: UTF8.self))
    } catch let error as SuppressionError {
        throw Failure(
            "cannot use \(path): line \(error.line) is no suppression; write 'leak:pattern'", status: Failure.usage)
    } catch {
        throw Failure("cannot read the suppressions: \(error); give another file", status: Failure.usage)
    }
}
