package import MemoryModel

/// Where a report is from that was not taken just now.
package struct MomentPlace: Sendable {
    var file: String
    /// Its place in the recording.
    var process: Int
    /// How many there are.
    var processes: Int
    /// `nil` of a report that was saved by itself.
    var moment: MomentName?
    /// Since the command was started.
    var seconds: Double
    /// What the recording lacks.
    var degraded: [String]

    package init(
        file: String, process: Int, processes: Int, moment: MomentName?, seconds: Double, degraded: [String] = []
    ) {
        self.file = file
        self.process = process
        self.processes = processes
        self.moment = moment
        self.seconds = seconds
        self.degraded = degraded
    }

    /// One line above a report: `run.json · at exit, 9.50 s · process 0 of 2`.
    package func text(_ style: TextStyle) -> String {
        (listed(facts(style), style: style) + [StyledLine()]).text(style)
    }

    private func facts(_ style: TextStyle) -> [[Span]] {
        var facts = [[Span(style.printable(file), .strong)]]
        if let moment { facts.append([Span("at \(style.printable(moment.description)), \(duration(seconds))")]) }
        if processes > 1 {
            facts.append([Span("process \(process) of \(processes)", .faint)])
        }
        if degraded.contains("cut-off") { facts.append([Span("cut off", .warning)]) }
        return facts
    }
}
