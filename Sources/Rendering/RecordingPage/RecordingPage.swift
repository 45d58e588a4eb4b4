import JSONText
package import MemoryModel

extension Recording {
    /// How a recorded command went, as a page of HTML that needs nothing else: how the ledger of each process moved, and
    /// the ledger and the code behind it at each moment.
    package func page() -> String {
        RecordingPage.page.text(title: "\(title) · silt", data: data())
    }

    /// What the script draws: see recording.js.
    private func data() -> JSON {
        var strings = Interned<String>()
        let ordered = processes.sorted { left, right in
            left.most != right.most ? left.most > right.most : left.index < right.index
        }
        let processes = ordered.map { $0.data(of: self, &strings) }
        return object(
            ("title", .string(title)),
            ("facts", .array(facts.map(JSON.string))),
            ("warnings", .array(warnings.map(JSON.string))),
            ("seconds", .number(length)),
            ("interval", .number(intervalSeconds)),
            ("causes", .array(Cause.allCases.map { object(("id", .string($0.rawValue)), ("name", .string($0.name))) })),
            ("processes", .array(processes)),
            ("environment", .array(environment.map { .array([.string($0.name.tame), .string($0.value.tame)]) })),
            ("strings", .array(strings.values.map(JSON.string))))
    }

    private var title: String { command.isEmpty ? "unknown command" : commandText(command, style: TextStyle()).tame }

    /// What stands below the heading.
    private var facts: [String] {
        var facts: [String] = []
        switch end?.status {
        case .exited(let status): facts.append(status == 0 ? "succeeded" : "exited with status \(status)")
        case .signaled(let signal): facts.append("killed by signal \(signal)")
        case nil: facts.append("its end was not seen")
        }
        facts[0] += " after \(duration(length))"
        if processes.count > 1 { facts.append("\(processes.count.grouped) processes") }
        if startedAt > 0, startedAt < 9e9 { facts.append(utcText(nanoseconds: Int64(startedAt * 1e9))) }
        if !version.isEmpty { facts.append("silt \(version.tame)") }
        return facts
    }

    /// The time that is shown: all that anything was seen in.
    private var length: Double {
        let seen = processes.flatMap { process -> [Double] in
            let last = [process.startSeconds, process.endSeconds, process.series.points.last?.seconds]
            return last.compactMap(\.self) + process.moments.map(\.seconds)
        }
        return ([end?.seconds ?? 0] + seen).filter(\.isFinite).max() ?? 0
    }

    private var warnings: [String] {
        var identifiers = degraded
        if end == nil, !identifiers.contains("cut-off") { identifiers.insert("cut-off", at: 0) }
        return identifiers.map { recordingDegradation($0, style: TextStyle()) }
    }
}

/// The fixed parts of the page.
enum RecordingPage {
    static let page = HTMLPage(
        style: PackageResources.recording_css, body: PackageResources.recording_html,
        script: PackageResources.series_js + PackageResources.chart_js + PackageResources.recording_js,
        styleDigest: "N9Y5ktoPV2N93PweC0Vj7DGmejcZx7gFeVqBWM31RR4=",
        scriptDigest: "/W1f0E3KaIa30X/dDuseZXg7xuwSyIUL5LY8iIaJqUM=")
}
