import ArgumentParser
import Glibc

/// Where is a process's memory: every resident byte attributed to one cause.
@main struct Silt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silt",
        abstract: "Says where a process's memory is: which cause holds how much of its RSS, and what gives it back.",
        discussion: """
            silt run -- COMMAND      run a command with the books kept, and report when it ends
            silt run --record FILE   the same with a recording; silt mark PID NAME names a moment of it
            silt report FILE         what was recorded; and so sites, pins, left and leaks: FILE, FILE@MOMENT
            silt report PID          report on a process that was started with the books kept
            silt sites PID           who holds it: live heap by the code that allocated it
            silt pins PID            who pins it: free bytes by the code whose live blocks keep their pages
            silt left PID            who left it: free pages by the code whose freed blocks they were
            silt leaks PID           whose memory grows, by evidence; with --unreachable, proof of what nothing leads to
            silt export PID          all of that for pprof, speedscope, other viewers, or a browser
            silt diff A B            what moved between two recordings, reports, or moments of one: FILE@MOMENT
            silt compare -- COMMAND  the same command under several settings of malloc and other allocators
            silt check --budget FILE a recording or a command held against a budget and a baseline, for CI
            silt env                 the settings that start a process with the books kept
            """,
        version: version,
        subcommands: [
            Run.self, Mark.self, Report.self, Sites.self, Pins.self, Left.self, Leaks.self, Export.self, Check.self,
            Diff.self, Compare.self, Env.self,
        ])

    static let version = "0.1.0"

    /// Errors are one line on stderr: what, why, what to do. Status 2: usage; 3: cannot measure.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            exit(failure: failure)
        } catch {
            guard !exitCode(for: error).isSuccess else { exit(withError: error) }
            let reason = message(for: error).split(separator: "\n").first.map(String.init) ?? "unusable arguments"
            exit(failure: Failure("\(reason); see 'silt --help'", status: Failure.usage))
        }
    }

    private static func exit(failure: Failure) -> Never {
        writeToStandardError("silt: \(failure.message)\n")
        Glibc.exit(failure.status)
    }
}
