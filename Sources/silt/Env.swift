import ArgumentParser
import Rendering

/// `silt env`: the settings that preload the library, for people who can't use `silt run`.
struct Env: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the settings that start a process with the books kept.",
        discussion: """
            silt env --shell     for 'eval "$(silt env)"' in a shell: keeps what LD_PRELOAD holds already (the default)
            silt env --docker    options for 'docker run', the library mounted where it lies here
            silt env --systemd   lines for the [Service] section of a unit
            silt env --json      an object of variables
            """)

    enum Format: String, EnumerableFlag {
        case shell, docker, systemd, json
    }

    @Flag(exclusivity: .exclusive, help: "For whom the settings are.")
    var format = Format.shell

    func run() throws {
        writeToStandardOutput(text(library: try locateLibrary()))
    }

    private func text(library: String) -> String {
        switch format {
        case .shell: "export LD_PRELOAD=\(quoted(library))${LD_PRELOAD:+:$LD_PRELOAD}\n"
        case .docker: "--volume \(quoted("\(library):\(library):ro")) --env \(quoted("LD_PRELOAD=\(library)"))\n"
        case .systemd: "Environment=\"LD_PRELOAD=\(library)\"\n"
        case .json: JSON.object([JSON.Member("LD_PRELOAD", .string(library))]).text(pretty: false) + "\n"
        }
    }

    /// As one word of a POSIX shell.
    private func quoted(_ text: String) -> String {
        let plain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-:=".contains($0)) }
        return plain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
