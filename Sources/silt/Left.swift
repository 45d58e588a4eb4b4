import ArgumentParser
import MemoryModel

/// `silt left PID`: who left the free pages.
struct Left: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says who left free pages behind: the code whose freed blocks are retained or kept now.",
        discussion: """
            Free pages by the code that allocated what was freed there last, and when that was. Estimated from sampled \
            allocations with two standard errors. --json prints the document silt.left/1.
            """)

    @OptionGroup var process: ProcessOptions
    @OptionGroup var options: AnswerOptions

    func run() throws { try answer(.left, process, options) }
}
