import ArgumentParser
import Glibc
import JSONText
import MemoryModel
import Rendering
import System

/// Where the answer of `silt check` goes, and in what form.
struct CheckOutputs: ParsableArguments {
    @Flag(help: "Print JSON (schema silt.check/1).")
    var json = false

    @Option(help: ArgumentHelp("Write the answer to this file instead of standard output.", valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("Write a JUnit test report: a case for each limit.", valueName: "file"))
    var junit: String?

    @Option(help: ArgumentHelp("Write SARIF 2.1.0 for code scanning.", valueName: "file"))
    var sarif: String?

    @Flag(help: "Print annotations for GitHub Actions, and add a table to the summary of the job.")
    var github = false

    func validate() throws {
        guard !(github && json && out == nil) else {
            throw ValidationError("--github and --json both print: give --out FILE for the JSON")
        }
    }
}

/// Opened before the command runs.
struct OpenOutputs: ~Copyable {
    let options: CheckOutputs
    let out: Descriptor?
    let junit: Descriptor?
    let sarif: Descriptor?
    let summary: Descriptor?

    /// A name that cannot be written is an error of usage.
    static func open(_ options: CheckOutputs) throws -> OpenOutputs {
        let out = try openForWriting(options.out, "the answer", option: "--out")
        let junit = try openForWriting(options.junit, "the JUnit report", option: "--junit")
        let sarif = try openForWriting(options.sarif, "the SARIF file", option: "--sarif")
        let path = options.github ? environment("GITHUB_STEP_SUMMARY").flatMap { $0.isEmpty ? nil : $0 } : nil
        let summary = try openForWriting(path, "the job's summary", option: "GITHUB_STEP_SUMMARY", appending: true)
        return OpenOutputs(options: options, out: out, junit: junit, sarif: sarif, summary: summary)
    }

    func write(_ report: CheckReport) {
        let folder = environment("GITHUB_WORKSPACE") ?? ""
        let checkout = Checkout(
            folder: (try? canonicalPath(folder)) ?? folder, budget: report.budgetFile.flatMap { try? canonicalPath($0) }
        )
        let style = options.out == nil ? textStyle() : TextStyle(width: 100)
        let answer = options.json ? report.json.text(pretty: true) + "\n" : report.text(style)
        if options.github, options.out == nil {
            // A name in the answer that begins with two colons is no command.
            let token = "silt-\(Clock.monotonic())-\(getpid())"
            writeToStandardOutput("::stop-commands::\(token)\n\(answer)::\(token)::\n")
        } else {
            silt.write(answer, to: out, "the answer")
        }
        if options.junit != nil { silt.write(report.junit, to: junit, "the JUnit report") }
        if options.sarif != nil {
            silt.write(report.sarif(checkout).text(pretty: true) + "\n", to: sarif, "the SARIF file")
        }
        guard options.github else { return }
        writeToStandardOutput(report.githubAnnotations(checkout))
        switch summary {
        case .none: break
        case .some: silt.write(report.githubSummary, to: summary, "the job's summary")
        }
    }
}
