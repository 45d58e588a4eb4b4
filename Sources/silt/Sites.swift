import ArgumentParser
import MemoryModel

/// `silt sites PID`: who holds the heap.
struct Sites: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says who holds the heap: the code that allocated what is live.",
        discussion: """
            Live bytes and blocks by the code that allocated them, estimated from sampled allocations with two standard \
            errors; and the mappings of 1 MiB and more that the program made itself. --json prints the document \
            silt.sites/1.
            """)

    @OptionGroup var process: ProcessOptions
    @OptionGroup var options: AnswerOptions

    func run() throws { try answer(.holds, process, options) }
}
