import ArgumentParser

/// `silt leaks PID`: what leaks.
struct Leaks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Proves which memory is leaked.",
        discussion: """
            With --unreachable the process is held still for a moment, and its memory read as LeakSanitizer does: what \
            nothing leads to is leaked. Start the process with SILT_SAMPLE=1, so that every block is known.
            """)

    @Argument(help: ArgumentHelp("The process.", valueName: "pid"))
    var pid: Int32

    @Flag(help: "Prove which blocks nothing in the process leads to.")
    var unreachable = false

    @OptionGroup var suppressions: SuppressionOptions

    @Flag(help: "Print JSON (schema silt.unreachable/1).")
    var json = false

    func validate() throws {
        guard pid > 0 else { throw ValidationError("'\(pid)' is not a process: give a PID above 0") }
        guard unreachable else { throw ValidationError("nothing to do: give --unreachable") }
    }

    func run() throws { try answerUnreachable(pid: pid, json: json, suppressions: suppressions.files) }
}
