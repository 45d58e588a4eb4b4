import ArgumentParser
import JSONText
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

            About one allocation in 512 KiB is sampled, to name the code behind the heap. SILT_SAMPLE=BYTES sets another \
            distance: 1 is every allocation, 0 is none. Where it is set for silt env, it is among the settings.
            """)

    enum Format: String, EnumerableFlag {
        case shell, docker, systemd, json
    }

    @Flag(exclusivity: .exclusive, help: "For whom the settings are.")
    var format = Format.shell

    func run() throws {
        writeToStandardOutput(try text(library: try locateLibrary()))
    }

    private func text(library: String) throws -> String {
        let sample = try wantedSample().map(String.init)
        switch format {
        case .shell:
            return "export LD_PRELOAD=\(quoted(library))${LD_PRELOAD:+:$LD_PRELOAD}\n"
                + (sample.map { "export SILT_SAMPLE=\($0)\n" } ?? "")
        case .docker:
            return "--volume \(quoted("\(library):\(library):ro")) --env \(quoted("LD_PRELOAD=\(library)"))"
                + (sample.map { " --env SILT_SAMPLE=\($0)" } ?? "") + "\n"
        case .systemd:
            return "Environment=\"LD_PRELOAD=\(library)\"\n"
                + (sample.map { "Environment=\"SILT_SAMPLE=\($0)\"\n" } ?? "")
        case .json:
            let variables = [("LD_PRELOAD", library)] + (sample.map { [("SILT_SAMPLE", $0)] } ?? [])
            return JSON.object(variables.map { JSON.Member($0, .string($1)) }).text(pretty: false) + "\n"
        }
    }

    /// What SILT_SAMPLE says, `nil` where it is not set or empty. The library would take anything: what is no number
    /// it reads as 0 (shim/preload/settings.c).
    private func wantedSample() throws -> Int? {
        guard let text = environment("SILT_SAMPLE"), !text.isEmpty else { return nil }
        guard let bytes = Int(text), bytes >= 0 else {
            throw Failure("SILT_SAMPLE is '\(text)': set it to bytes, 1 for all or 0 for none", status: Failure.usage)
        }
        return bytes
    }

    /// As one word of a POSIX shell.
    private func quoted(_ text: String) -> String {
        let plain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-:=".contains($0)) }
        return plain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
