import ArgumentParser
import MemoryModel

/// What a command is to answer about: a process that runs, or what was saved of one.
///
/// A number is a PID; a file of such a name is `./123`.
enum Subject: ExpressibleByArgument {
    case process(Int32)
    /// As it was given: with a process and a moment behind the path, perhaps.
    case file(String)

    init?(argument: String) {
        let digits = argument.hasPrefix("-") ? argument.dropFirst() : argument[...]
        guard !digits.isEmpty, digits.allSatisfy(\.isNumber) else {
            guard !argument.isEmpty else { return nil }
            self = .file(argument)
            return
        }
        guard let pid = Int32(argument) else { return nil }
        self = .process(pid)
    }
}

/// Which process of a recording: its number there, or a piece of its command.
enum ProcessSelector: ExpressibleByArgument {
    case number(Int)
    case command(String)

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self = Int(argument).map(ProcessSelector.number) ?? .command(argument)
    }

    /// As it was given.
    var words: String {
        switch self {
        case .number(let number): "\(number)"
        case .command(let words): "'\(words)'"
        }
    }
}
