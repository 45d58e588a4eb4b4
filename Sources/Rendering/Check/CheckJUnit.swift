package import MemoryModel

extension CheckReport {
    /// A test report in JUnit's XML, as Jenkins, GitLab and others read it: a test case for each limit on each process;
    /// what was not measured is an error, not a failure.
    package var junit: String {
        let errors = failures.count + unmeasured.count
        let counts = "tests=\"\(failures.count + judgements.count)\" failures=\"\(broken)\" errors=\"\(errors)\""
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites name=\"silt check\" \(counts)>\n  <testsuite name=\"silt check\" \(counts)>\n"
        text += "    <properties>\n"
        for (name, value) in properties { text += "      <property\(attributes(["name": name, "value": value]))/>\n" }
        text += "    </properties>\n"
        var seen: [[String]: Int] = [:]
        // A reader takes two cases of one name for one.
        func unique(_ name: String, of group: String) -> String {
            let count = seen[[group, name], default: 0] + 1
            seen[[group, name]] = count
            return count == 1 ? name : "\(name.cut) (\(count))"
        }
        for failure in failures { text += testCase(unique("the run", of: "(command)"), "(command)", failure) }
        for judgement in judgements {
            text += testCase(judgement, name: unique(name(judgement), of: judgement.process))
        }
        return text + "  </testsuite>\n</testsuites>\n"
    }

    private var broken: Int { exceeded.count + (isStrict ? improved.count : 0) }

    private var properties: [(String, String)] {
        var properties = [
            ("silt", version), ("command", commandText(command, style: TextStyle())), ("runs", String(runs)),
            ("processes", String(processes)), ("status", status.rawValue),
        ]
        if let budgetFile { properties.append(("budget", budgetFile)) }
        if let baselineFile { properties.append(("baseline", baselineFile)) }
        return properties
            + differences.map { ("environment", $0.text(TextStyle())) } + notes.map { ("note", $0.text(TextStyle())) }
    }

    private func testCase(_ name: String, _ group: String, _ failure: Unmeasured) -> String {
        "    <testcase\(attributes(["classname": group, "name": name])) time=\"0\">\n"
            + element("error", failure.text(TextStyle())) + "    </testcase>\n"
    }

    private func name(_ judgement: Judgement) -> String {
        let text = judgement.text(TextStyle())
        return "\(text.row) at \(text.place)" + (judgement.source == .baseline ? ", as in the baseline" : "")
    }

    private func testCase(_ judgement: Judgement, name: String) -> String {
        let text = judgement.text(TextStyle())
        let group = judgement.process.isEmpty ? "(any process)" : judgement.process
        let opening =
            "    <testcase\(attributes(["classname": group, "name": name])) time=\"0\""
        switch judgement.outcome {
        case .unmeasured: return opening + ">\n" + element("error", text.sentence) + "    </testcase>\n"
        case .exceeded,
            .improved where isStrict:
            return opening + ">\n" + element("failure", text.sentence, details(judgement)) + "    </testcase>\n"
        case .within, .improved: return opening + "/>\n"
        }
    }

    private func details(_ judgement: Judgement) -> [String] {
        let style = TextStyle()
        let sites = judgement.sites.map { $0.text(columns: 200, style: style) }
        return judgement.text(style).basis + sites + judgement.remedies.map(\.action)
    }

    private func element(_ name: String, _ message: String, _ details: [String] = []) -> String {
        let text = details.map(\.escapedForXML).joined(separator: "\n")
        return "      <\(name)\(attributes(["message": message, "type": name]))>\(text)</\(name)>\n"
    }

    private func attributes(_ pairs: KeyValuePairs<String, String>) -> String {
        pairs.reduce(into: "") { $0 += " \($1.key)=\"\($1.value.cut.escapedForXML)\"" }
    }
}

extension String {
    /// As text of an element or as an attribute's value in quotes. What XML 1.0 has no way to write (section 2.2, Char) is
    /// written as in a terminal.
    var escapedForXML: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": text += "&#10;"
            case _ where !scalar.isAllowedInXML: text += String(scalar).printable(unicode: false)
            default: text += String(scalar).escapedForHTML
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    fileprivate var isAllowedInXML: Bool { value >= 0x20 && value != 0x7F && ![0xFFFE, 0xFFFF].contains(value) }
}
