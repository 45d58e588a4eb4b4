import ArgumentParser
import MemoryModel

/// `silt pins PID`: who pins fragmented pages.
struct Pins: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says who pins fragmented pages: the code whose live blocks keep free bytes resident.",
        discussion: """
            The free bytes of each page are divided among its live blocks by their bytes, so that a site with few live \
            bytes on many pages comes first. Estimated from sampled allocations with two standard errors. --json \
            prints the document silt.pins/1.
            """)

    @OptionGroup var process: ProcessOptions
    @OptionGroup var options: AnswerOptions

    func run() throws { try answer(.pins, process, options) }
}
