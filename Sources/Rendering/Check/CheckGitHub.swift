import JSONText
package import MemoryModel

extension CheckReport {
    /// Annotations for GitHub Actions, a workflow command a line ("Workflow commands for GitHub Actions").
    ///
    /// - Parameter checkout: Where the paths of annotations begin.
    package func githubAnnotations(_ checkout: Checkout) -> String {
        var commands: [WorkflowCommand] = []
        commands += failures.map { WorkflowCommand("error", title: "silt", $0.text(TextStyle())) }
        commands += unmeasured.map { command("error", $0, checkout) }
        commands += exceeded.map { command("error", $0, checkout) }
        commands += improved.map { command(isStrict ? "error" : "notice", $0, checkout) }
        commands += differences.map { WorkflowCommand("warning", title: "silt", $0.text(TextStyle())) }
        return commands.reduce(into: "") { $0 += $1.text + "\n" }
    }

    private func command(_ kind: String, _ judgement: Judgement, _ checkout: Checkout) -> WorkflowCommand {
        let text = judgement.text(TextStyle())
        var message = text.sentence
        for site in judgement.sites { message += "\n" + site.text(columns: 120, style: TextStyle()) }
        for remedy in judgement.remedies { message += "\n" + remedy.action }
        var command = WorkflowCommand(kind, title: "silt: \(text.subject)", message)
        command.place = place(judgement, checkout)
        return command
    }

    /// The line of the site that grew most, or of the budget.
    func place(_ judgement: Judgement, _ checkout: Checkout) -> SourcePlace? {
        for site in judgement.sites {
            guard let frame = site.frame, let line = frame.line, !frame.file.isEmpty else { continue }
            if let path = frame.file.path(within: checkout.folder) { return SourcePlace(path: path, line: line) }
        }
        guard case .budget(let line) = judgement.source, let path = budgetFile.flatMap(checkout.budgetPath) else {
            return nil
        }
        return SourcePlace(path: path, line: line)
    }

    /// A table in GitHub's Markdown, for the summary of a job.
    package var githubSummary: String {
        let words = [Status.within: "OK", .exceeded: "FAIL", .improved: "improved", .unmeasured: "not measured"]
        var text = "### silt check: \(words[status] ?? "")\n\n\(summary.escapedForMarkdown)\n\n"
        for failure in failures { text += "- \(failure.text(TextStyle()).escapedForMarkdown)\n" }
        if !failures.isEmpty { text += "\n" }
        let told = unmeasured + exceeded + improved + judgements.filter { $0.outcome == .within }
        if !told.isEmpty {
            text += "| | quantity | process | at | value | limit | difference | spread | who |\n"
            text += "|---|---|---|---|---:|---:|---:|---|---|\n"
            // GitHub takes 1 MiB a step.
            for judgement in told.prefix(200) { text += row(judgement) }
            if told.count > 200 { text += "\n\((told.count - 200).grouped) more; see --json.\n" }
        }
        let remarks = differences.map { $0.text(TextStyle()) } + notes.map { $0.text(TextStyle()) }
        if !remarks.isEmpty { text += "\n" }
        for remark in remarks.prefix(50) { text += "- \(remark.escapedForMarkdown)\n" }
        return text + "\n"
    }

    private func row(_ judgement: Judgement) -> String {
        let text = judgement.text(TextStyle())
        let marks = ["within": "✅", "exceeded": "❌", "improved": "⬇️", "unmeasured": "❔"]
        var cells = [
            marks[judgement.outcome.name] ?? "", text.row, judgement.process.cut.printable(unicode: true), text.place,
        ]
        if case .unmeasured(let reason) = judgement.outcome {
            cells += ["", "", "", "", reason.text(TextStyle())]
        } else {
            let who = judgement.sites.first?.text(columns: 60, style: TextStyle()) ?? ""
            cells += [text.value, text.limit, text.difference, text.spread ?? "", who]
        }
        return "| " + cells.map(\.escapedForMarkdown).joined(separator: " | ") + " |\n"
    }
}

/// Where the sources are, which the paths of annotations are relative to.
package struct Checkout: Sendable {
    /// Empty where it is unknown.
    var folder: String
    /// Where the budget file really is; `nil` where it is as it was named.
    var budget: String?

    package init(folder: String, budget: String? = nil) {
        self.folder = folder
        self.budget = budget
    }

    /// The budget file, which was given by this name; `nil` where it lies elsewhere.
    func budgetPath(_ name: String) -> String? {
        guard !folder.isEmpty, let budget, budget.hasPrefix("/") else { return name.path(within: folder) }
        return budget.path(within: folder) ?? name.path(within: folder)
    }
}

/// A line of a file of the checkout.
struct SourcePlace {
    var path: String
    /// From 1.
    var line: Int
}

/// `::error file=…,line=…,title=…::message`, escaped as GitHub's own toolkit does (packages/core/src/command.ts).
struct WorkflowCommand {
    var kind: String
    var place: SourcePlace?
    var title: String
    var message: String

    init(_ kind: String, title: String, _ message: String) {
        self.kind = kind
        self.title = title
        self.message = message
    }

    var text: String {
        var properties: [String] = []
        if let place { properties += ["file=\(property(place.path))", "line=\(place.line)"] }
        properties.append("title=\(property(title))")
        return "::\(kind) \(properties.joined(separator: ","))::\(data(message))"
    }

    private func data(_ text: String) -> String { text.escaped(["%": "%25", "\r": "%0D", "\n": "%0A"]) }

    private func property(_ text: String) -> String {
        text.escaped(["%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"])
    }
}

extension String {
    fileprivate func escaped(_ table: [Unicode.Scalar: String]) -> String {
        unicodeScalars.reduce(into: "") { text, scalar in
            if let replacement = table[scalar] {
                text += replacement
            } else if scalar.isPrintable {
                text.unicodeScalars.append(scalar)
            } else {
                text += String(scalar).printable(unicode: true)
            }
        }
    }

    /// The path from a folder on; `nil` where it is an absolute one that lies elsewhere.
    func path(within folder: String) -> String? {
        guard hasPrefix("/") else { return self }
        guard !folder.isEmpty else { return self }
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        return hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }

    /// As text of a cell of a table: whatever Markdown or HTML would act upon is a character of itself.
    fileprivate var escapedForMarkdown: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "|", "\\", "`", "*", "_", "[", "]", "~", "#", "@", "!": text += "&#\(scalar.value);"
            case "&", "<", ">": text += String(scalar).escapedForHTML
            case _ where !scalar.isPrintable: text += String(scalar).printable(unicode: true)
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
