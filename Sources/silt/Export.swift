import ArgumentParser
import Attribution
import Glibc
import Gzip
import MemoryModel
import Rendering
import System

/// `silt export PID`: the call sites of one process, now, for another tool or a browser.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes which code holds, pins and left memory, as a file for pprof, speedscope or a browser.",
        discussion: """
            pprof       profile.proto, for 'pprof' and 'go tool pprof', with every value
            collapsed   a line for each stack, for flamegraph.pl and most viewers, with one value
            speedscope  JSON for speedscope.app, with every value
            html        a flame graph that any browser shows, in one file, with every value

            Values: objects (live blocks), space (their bytes), resident_space (those on resident pages), \
            retained_space (freed bytes that are resident still), pinned_space (free bytes on pages that live blocks \
            keep). All are estimates from samples.
            """)

    @OptionGroup var target: TargetOptions

    @Option(help: ArgumentHelp("pprof, collapsed, speedscope or html."))
    var format: ExportFormat

    @Option(help: ArgumentHelp("The value to write, or to show first: one of the above."))
    var value = Profile.Quantity.space

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write; '-' is standard output.", valueName: "file"))
    var output = "-"

    func validate() throws {
        guard !output.isEmpty else { throw ValidationError("'' is no file: name one, or '-' for standard output") }
    }

    func run() throws {
        if format.isBinary && output == "-" && isatty(STDOUT_FILENO) == 1 {
            throw Failure("pprof is binary, and this is a terminal; name a file with -o", status: Failure.usage)
        }
        guard case .process(let pid) = target.subject else {
            throw Failure(
                "a recording has the largest sites, and not the samples that a profile is made of; run 'silt export' on the "
                    + "process while it runs, or see 'silt sites FILE'", status: Failure.usage)
        }
        let snapshot = try target.snapshot(of: pid)
        guard let profile = snapshot.profile(time: Clock.sinceEpoch()) else {
            throw Failure(
                "process \(pid) has no samples; start it with 'silt run' or 'silt env', and SILT_SAMPLE not 0",
                status: Failure.cannotMeasure)
        }
        try writeResult(try format.bytes(of: profile, value), to: output, option: "-o")
    }
}

/// What `silt export` writes.
enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
    case pprof
    case collapsed
    case speedscope
    case html

    var isBinary: Bool { self == .pprof }

    func bytes(of profile: Profile, _ value: Profile.Quantity) throws -> [UInt8] {
        switch self {
        case .pprof:
            guard let bytes = gzip(profile.pprof(shown: value)) else {
                throw Failure("there is no memory to compress the profile", status: Failure.cannotMeasure)
            }
            return bytes
        case .collapsed: return Array(profile.collapsed(value).utf8)
        case .speedscope: return Array(profile.speedscope(shown: value).utf8)
        case .html: return Array(profile.flameGraph(shown: value).utf8)
        }
    }
}

extension Profile.Quantity: ExpressibleByArgument {}
