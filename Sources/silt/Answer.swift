import ArgumentParser
import Attribution
import MemoryModel
import Rendering

/// How the answer to one of the three questions is put.
struct AnswerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The most lines of the answer.", valueName: "n"))
    var limit = 20

    @Option(help: "What the answer is summed up by: site, stack, thread, tag or age.")
    var by = SiteAnswer.Grouping.site

    func validate() throws {
        guard limit > 0 else { throw ValidationError("'\(limit)' is no limit: give a number above 0") }
    }
}

extension SiteAnswer.Grouping: ExpressibleByArgument {}

/// The answer to one question on one process.
func answer(_ question: SiteAnswer.Question, _ process: ProcessOptions, _ options: AnswerOptions) throws {
    var (report, lead) = try process.report { snapshot in
        attribute(snapshot, sites: SiteOptions(by: options.by, limit: options.limit))
    }
    // What was saved was summed up then.
    if let grouping = report.sites?[question].grouping, grouping != options.by {
        throw Failure(
            "what was saved is summed up by \(grouping.rawValue), and by nothing else; leave --by out, or ask the process "
                + "while it runs", status: Failure.usage)
    }
    report.sites?[question].limit(to: options.limit)
    let text = process.json ? report.json(question, pretty: true) : lead + report.text(question, textStyle())
    writeToStandardOutput(text)
}

extension SiteAnswer {
    fileprivate mutating func limit(to limit: Int) { groups = Array(groups.prefix(limit)) }
}
