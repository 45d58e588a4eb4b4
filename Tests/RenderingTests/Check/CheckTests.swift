import Foundation
import FoundationXML
import JSONText
import MemoryModel
import Rendering
import Testing

@Suite struct `A check` {
    @Test(arguments: CheckSample.all.map(\.name))
    func `reads as it should`(name: String) throws {
        let report = CheckSample.all.first { $0.name == name }!.report
        try Golden.expect(report.text(TextStyle(width: 80)), is: "check-\(name).txt")
        try Golden.expect(report.json.text(pretty: true) + "\n", is: "check-\(name).json")
        try Golden.expect(report.junit, is: "check-\(name).xml")
        try Golden.expect(report.githubAnnotations(Checkout(folder: "/src/app")), is: "check-\(name).github.txt")
        try Golden.expect(report.githubSummary, is: "check-\(name).md")
        let sarif = report.sarif(Checkout(folder: "/src/app"))
        try Golden.expect(sarif.text(pretty: true) + "\n", is: "check-\(name).sarif")
    }

    @Test(arguments: CheckSample.all.map(\.name))
    func `answers in its first line`(name: String) {
        let report = CheckSample.all.first { $0.name == name }!.report
        let words = [CheckReport.Status.within: "OK ", .exceeded: "FAIL ", .unmeasured: "ERROR ", .improved: "LESS "]
        #expect(report.text(TextStyle(width: 80)).hasPrefix(words[report.status]!))
    }

    @Test(arguments: [60, 80, 200], [true, false])
    func `stays in its columns, and on a terminal of ASCII`(width: Int, unicode: Bool) {
        for report in CheckSample.all.map(\.report) + [CheckSample.hostile] {
            let text = report.text(TextStyle(width: width, unicode: unicode))
            for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
            if !unicode { #expect(text.utf8.allSatisfy { $0 < 0x80 }) }
        }
    }

    // Hostile names --------------------------------------------------------------------------------------------------

    private func expectPrintable(_ text: String) {
        for scalar in text.unicodeScalars where scalar != "\n" { #expect(scalar.isPrintable, "\(scalar.value)") }
    }

    @Test func `lets no name act upon a terminal or upon GitHub`() {
        let report = CheckSample.hostile
        expectPrintable(report.text(TextStyle(width: 100)))
        expectPrintable(report.githubSummary)
        let annotations = report.githubAnnotations(Checkout(folder: ""))
        expectPrintable(annotations)
        for line in annotations.split(separator: "\n") {
            #expect(line.hasPrefix("::error ") || line.hasPrefix("::warning "), "a line of its own: \(line)")
            // Of a command's properties no name adds one: what divides them is escaped.
            let properties = line.dropFirst(2).split(separator: "::", maxSplits: 1)[0]
            #expect(properties.split(separator: ",").allSatisfy { $0.filter { $0 == "=" }.count == 1 }, "\(properties)")
        }
        for row in report.githubSummary.split(separator: "\n") where row.hasPrefix("| ") {
            #expect(row.filter { $0 == "|" }.count == 10, "\(row)")
            #expect(!row.contains("<b>") && !row.contains("`"))
        }
    }

    @Test(arguments: CheckSample.all.map(\.name) + ["hostile"])
    func `is a test report that an XML parser reads`(name: String) throws {
        let report = CheckSample.all.first { $0.name == name }?.report ?? CheckSample.hostile
        let reader = JUnitReader()
        try #require(reader.parse(report.junit))
        #expect(reader.counts["testcase", default: 0] == report.judgements.count + report.failures.count)
        #expect(reader.counts["failure", default: 0] == report.exceeded.count + report.improved.count)
        #expect(reader.counts["error", default: 0] == report.unmeasured.count + report.failures.count)
        for (attribute, element) in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")] {
            #expect(Int(reader.suite[attribute] ?? "") == reader.counts[element, default: 0])
        }
        // Of two with one name a reader shows one.
        #expect(Set(reader.cases.map { "\($0["classname"] ?? "") \($0["name"] ?? "")" }).count == reader.cases.count)
        #expect(reader.cases.allSatisfy { !($0["name"] ?? "").isEmpty && !($0["classname"] ?? "").isEmpty })
    }

    @Test(arguments: CheckSample.all.map(\.name) + ["hostile"])
    func `is SARIF with what its schema requires`(name: String) throws {
        let report = CheckSample.all.first { $0.name == name }?.report ?? CheckSample.hostile
        let root = try JSONNode.parse(Array(report.sarif(Checkout(folder: "")).text(pretty: false).utf8))
        #expect(try root.required("version").string() == "2.1.0")
        let run = try #require(try root.required("runs").array().first)
        let driver = try run.required("tool").required("driver")
        #expect(try driver.required("name").string() == "silt")
        let rules = try driver.required("rules").array().map { try $0.required("id").string() }
        let results = try run.required("results").array()
        #expect(results.count == report.exceeded.count + report.unmeasured.count + report.improved.count)
        for result in results {
            #expect(rules.contains(try result.required("ruleId").string()))
            #expect(["error", "warning", "note", "none"].contains(try result.required("level").string()))
            #expect(try !result.required("message").required("text").string().isEmpty)
            for location in try result["locations"]?.array() ?? [] {
                let place = try location.required("physicalLocation")
                let uri = try place.required("artifactLocation").required("uri").string()
                #expect(URL(string: uri) != nil && uri.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(uri)")
                #expect(try place.required("region").required("startLine").integer() >= 1)
            }
        }
        for invocation in try run.required("invocations").array() {
            #expect(try invocation.required("executionSuccessful").bool() == (report.status != .unmeasured))
        }
    }

    @Test func `tells a place in the checkout, or the budget's line`() {
        let found = CheckSample.exceeded.githubAnnotations(Checkout(folder: "/src/app"))
        #expect(found.contains("::error file=decode.cpp,line=120,title=silt%3A heap.retained"))
        let elsewhere = CheckSample.exceeded.githubAnnotations(Checkout(folder: "/home/runner/work/app"))
        #expect(elsewhere.contains("::error file=ci/budget.jsonc,line=4,title=silt%3A heap.retained"))
        // It was named relative to where silt runs, which is not where GitHub begins.
        let below = Checkout(folder: "/home/runner/work/app", budget: "/home/runner/work/app/service/ci/budget.jsonc")
        let within = CheckSample.exceeded.githubAnnotations(below)
        #expect(within.contains("::error file=service/ci/budget.jsonc,line=4,title=silt%3A heap.retained"))
        let outside = Checkout(folder: "/home/runner/work/app", budget: "/mnt/ci/budget.jsonc")
        let named = CheckSample.exceeded.githubAnnotations(outside)
        #expect(named.contains("::error file=ci/budget.jsonc,line=4,title=silt%3A heap.retained"))
    }
}

/// Counts the elements of a JUnit report, by Foundation's parser.
private final class JUnitReader: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]
    var suite: [String: String] = [:]
    var cases: [[String: String]] = []

    func parse(_ text: String) -> Bool {
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = self
        return parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        counts[element, default: 0] += 1
        if element == "testsuite" { suite = attributes }
        if element == "testcase" { cases.append(attributes) }
    }
}
