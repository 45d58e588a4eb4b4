import ArgumentParser
import Capture
import Glibc

/// What a person gave behind `--`, which a passthrough keeps: a program and its arguments.
///
/// - Throws: where there is none. A passthrough takes every word from the first that is no option of ours.
func commandWords(_ command: [String]) throws -> [String] {
    if let word = command.first, word.hasPrefix("-"), word != "--" {
        throw ValidationError("unknown option '\(word)': the command goes after '--'")
    }
    let words = command.first == "--" ? Array(command.dropFirst()) : command
    guard let program = words.first, !program.isEmpty else {
        throw ValidationError("no command to run: give one after '--'")
    }
    return words
}

/// How a command is run with the books kept.
///
/// - Parameter environment: `NAME=VALUE`, which it gets beside silt's own environment, and in place of it.
func runOptions(
    _ words: [String], environment: [String] = [], all: Bool = false, sample: Int? = nil, proves: Bool = false
) throws -> RunOptions {
    let library = try locateLibrary()
    // ld.so has no way to quote them (elf/rtld.c, handle_preload_list).
    guard !library.contains(where: { ": ".contains($0) }) else {
        throw Failure(
            "\(library) cannot be preloaded: its path has a blank or a colon; move silt elsewhere",
            status: Failure.cannotMeasure)
    }
    let names = environment.map { $0.prefix { $0 != "=" } }
    let inherited = environmentLines().filter { line in !names.contains { line.hasPrefix("\($0)=") } }
    return RunOptions(
        command: words, environment: inherited + environment, library: library, all: all, sample: sample, proves: proves
    )
}

extension RunError {
    /// One line: what, why, and what to do.
    var message: String {
        switch self {
        case .directory: "\(self); set SILT_DIR to a directory with a short path on a tmpfs that you may write to"
        case .start: "\(self); check its name, and that it is a program"
        case .system: "\(self)"
        }
    }
}

/// silt's own environment, a variable a line.
private func environmentLines() -> [String] {
    var lines: [String] = []
    var at = unsafe environ
    while let line = unsafe at.pointee {
        unsafe lines.append(String(cString: line))
        unsafe at += 1
    }
    return lines
}
