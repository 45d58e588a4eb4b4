import Foundation

/// A document `silt.run/1`.
struct RunDocument {
    struct Process {
        var ending: String
        /// The process that forked it, where that is known.
        var parent: Int32?
        var peak: ReportDocument
        var last: ReportDocument
    }

    var schema: String
    var processes: [Process]

    init(_ text: String) throws {
        let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        schema = document?["schema"] as? String ?? ""
        processes = try (document?["processes"] as? [[String: Any]] ?? []).map { process in
            Process(
                ending: process["ending"] as? String ?? "", parent: (process["parent"] as? NSNumber)?.int32Value,
                peak: try Self.report(process["peak"]), last: try Self.report(process["last"]))
        }
    }

    private static func report(_ value: Any?) throws -> ReportDocument {
        let data = try JSONSerialization.data(withJSONObject: value ?? [:])
        return try ReportDocument(String(decoding: data, as: UTF8.self))
    }
}
