import JSONText
import MemoryModel

extension Differences {
    /// The document `silt.diff/1`. What a site's figures are is told by `subject`; all differences are after less before.
    package func json(pretty: Bool) -> String {
        object(
            ("schema", .string("silt.diff/1")),
            ("before", before.json),
            ("after", after.json),
            ("processes", .array(processes.map(json))),
            ("only_before", .array(onlyBefore.map { .array($0.map(JSON.string)) })),
            ("only_after", .array(onlyAfter.map { .array($0.map(JSON.string)) })),
            ("environment_differences", .array(environment.map(\.json)))
        ).text(pretty: pretty) + "\n"
    }

    private func json(_ process: ReportDifference) -> JSON {
        object(
            ("command", .array(process.after.process.command.map(JSON.string))),
            ("before_pid", .integer(process.before.process.pid)),
            ("after_pid", .integer(process.after.process.pid)),
            ("before_rss_bytes", .integer(process.before.rss.rawValue)),
            ("after_rss_bytes", .integer(process.after.rss.rawValue)),
            ("difference_bytes", .integer(process.rss.rawValue)),
            ("before_coverage", process.before.coverage.json),
            ("after_coverage", process.after.coverage.json),
            ("rows", .array(process.rows.map(\.json))),
            (
                "sites",
                .array(
                    SiteMovement.Subject.allCases.flatMap { subject in
                        process.sites.filter { $0.subject == subject }.prefix(limit).map(\.json)
                    })
            ))
    }
}

extension Differences.Side {
    fileprivate var json: JSON {
        object(("file", .string(file)), ("moment", moment.map { .string($0.description) } ?? .null))
    }
}

extension ReportDifference.Row {
    fileprivate var json: JSON {
        object(
            ("cause", .string(cause.rawValue)),
            ("before_bytes", .integer(before.rawValue)),
            ("after_bytes", .integer(after.rawValue)),
            ("difference_bytes", .integer(difference.rawValue)))
    }
}

extension SiteMovement {
    /// `certain` is false where the difference lies within its error.
    fileprivate var json: JSON {
        object(
            ("subject", .string(subject.rawValue)),
            ("name", name.isEmpty ? .null : .string(name.cut)),
            ("presence", .string(presence.rawValue)),
            ("before_bytes", .integer(before.value)),
            ("error_before_bytes", .integer(before.error)),
            ("after_bytes", .integer(after.value)),
            ("error_after_bytes", .integer(after.error)),
            ("difference_bytes", .integer(difference.value)),
            ("error_difference_bytes", .integer(difference.error)),
            ("certain", .bool(isCertain)),
            ("frames", .array(frames.map(\.json))))
    }
}
