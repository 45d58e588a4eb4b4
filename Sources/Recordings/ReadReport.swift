import JSONText
package import MemoryModel

/// What `silt report --json` printed.
package func readReport(_ bytes: [UInt8]) throws(RecordingError) -> Report {
    let root = try document(bytes, schema: "silt.report/1")
    var reader = DocumentReader()
    do { return try reader.report(root) } catch { throw RecordingError(error) }
}

/// What `silt run --json` printed.
package func readRunReport(_ bytes: [UInt8]) throws(RecordingError) -> RunReport {
    let root = try document(bytes, schema: "silt.run/1")
    do {
        return RunReport(
            command: try root.texts("command"),
            processes: try root.list("processes").map { (node) throws(JSONError) in try processRun(node) })
    } catch {
        throw RecordingError(error)
    }
}

private func processRun(_ node: JSONNode) throws(JSONError) -> ProcessRun {
    var reader = DocumentReader()
    return ProcessRun(
        peak: try reader.report(try node.required("peak")), last: try reader.report(try node.required("last")),
        ending: try reader.word(node, "ending", else: .lost), parent: try node.amountIfAny("parent"))
}

/// A whole file that is one document of this schema.
private func document(_ bytes: [UInt8], schema wanted: String) throws(RecordingError) -> JSONNode {
    guard bytes.count <= documentAtMost else {
        throw RecordingError("it is larger than any report (\(documentAtMost >> 20) MiB); \(RecordingError.advice)")
    }
    let root: JSONNode
    let schema: String
    do {
        root = try JSONNode.parse(bytes)
        schema = try root.text("schema")
    } catch {
        throw RecordingError(error)
    }
    guard schema == wanted else { throw .foreign(schema: schema, wanted: wanted) }
    return root
}

/// A parsed text takes some twenty times its size.
let documentAtMost = 32 << 20
