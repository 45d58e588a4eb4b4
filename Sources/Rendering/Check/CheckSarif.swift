package import JSONText
package import MemoryModel

extension CheckReport {
    /// SARIF 2.1.0 (OASIS), for code scanning: a result for each finding, at the site that grew most, or in the budget.
    ///
    /// - Parameter checkout: Where paths begin.
    package func sarif(_ checkout: Checkout) -> JSON {
        let findings = unmeasured + exceeded + (isStrict ? improved : [])
        var rules: [String] = []
        for finding in findings where !rules.contains(finding.rule) { rules.append(finding.rule) }
        let driver = object(
            ("name", .string("silt")), ("version", .string(version)),
            (
                "rules",
                .array(
                    rules.map {
                        object(
                            ("id", .string($0)), ("shortDescription", object(("text", .string("Memory budget: \($0)"))))
                        )
                    })
            ))
        let invocation = object(
            ("executionSuccessful", .bool(status != .unmeasured)), ("exitCode", .integer(Int(status.exitStatus))),
            (
                "toolExecutionNotifications",
                .array(
                    failures.map {
                        object(
                            ("level", .string("error")), ("message", object(("text", .string($0.text(TextStyle()))))))
                    })
            ))
        let run = object(
            ("tool", object(("driver", driver))), ("invocations", .array([invocation])),
            ("results", .array(findings.map { result($0, checkout) })))
        return object(
            ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")), ("version", .string("2.1.0")),
            ("runs", .array([run])))
    }

    private func result(_ judgement: Judgement, _ checkout: Checkout) -> JSON {
        let style = TextStyle()
        let sentences = [judgement.text(style).sentence + "."] + judgement.remedies.map(\.action)
        var members = [
            JSON.Member("ruleId", .string(judgement.rule)), JSON.Member("level", .string("error")),
            JSON.Member("message", object(("text", .string(sentences.joined(separator: " "))))),
        ]
        if let place = place(judgement, checkout) {
            let location = object(
                ("artifactLocation", object(("uri", .string(place.path.asURI)))),
                ("region", object(("startLine", .integer(max(place.line, 1))))))
            members.append(JSON.Member("locations", .array([object(("physicalLocation", location))])))
        }
        return .object(members)
    }
}

extension Judgement {
    /// What a finding of its kind is called.
    fileprivate var rule: String {
        switch subject {
        case .quantity(let quantity, _): quantity.name
        case .growth(let quantity, _, _, _), .slope(let quantity, _): "growth-\(quantity.name)"
        case .site: "site"
        }
    }
}

extension String {
    /// A path as a URI reference (RFC 3986): an absolute one with its scheme.
    fileprivate var asURI: String {
        let path = utf8.reduce(into: "") { text, byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "/-._~".contains(character))
            let digits = String(byte, radix: 16, uppercase: true)
            text += isPlain ? String(character) : "%" + (digits.count < 2 ? "0" : "") + digits
        }
        return hasPrefix("/") ? "file://" + path : path
    }
}
