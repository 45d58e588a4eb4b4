import Glibc
import System

/// Opens a file that a person named, before the work is done that goes into it.
///
/// - Parameter path: `nil` for standard output.
func openForWriting(
    _ path: String?, _ what: String, option: String, appending: Bool = false
) throws -> Descriptor? {
    guard let path else { return nil }
    do {
        return try Descriptor.open(
            path, flags: O_WRONLY | O_CREAT | O_NOCTTY | (appending ? O_APPEND : O_TRUNC), mode: 0o666)
    } catch {
        throw Failure("cannot write \(what): \(error); give \(option) another path", status: Failure.usage)
    }
}

/// What cannot be written changes nothing about how silt ends: that is what the command did, or what was found.
func write(_ text: String, to file: borrowing Descriptor?, _ what: String) {
    switch file {
    case .none: writeToStandardOutput(text)
    case .some(let file):
        do {
            try file.write(Array(text.utf8))
        } catch {
            writeToStandardError("silt: cannot write \(what): \(error); free some space there\n")
        }
    }
}

/// Writes what a command is for to a file, or to standard output where that is `-`.
///
/// - Parameter option: What names the file.
func writeResult(_ bytes: [UInt8], to path: String, option: String) throws {
    do {
        if path == "-" {
            try System.writeToStandardOutput(bytes)
        } else {
            let file = try Descriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, mode: 0o666)
            try file.write(bytes)
        }
    } catch {
        throw Failure("\(error); choose another file with \(option)", status: Failure.cannotMeasure)
    }
}
