import JSONText
package import MemoryModel

extension Comparison {
    /// The document `silt.compare/1`. `retained` and `fragmented` are `null` of another allocator than glibc's.
    package func json(pretty: Bool) -> String {
        object(
            ("schema", .string("silt.compare/1")),
            ("command", .array(command.map(JSON.string))),
            ("processes", .integer(processes)),
            ("settings", .array(settings.map(\.json))),
            ("skipped", .array(skipped.map(JSON.string))),
            ("recommended", recommended.map { .string($0.name) } ?? .null),
            ("recommendation", .string(recommendation))
        ).text(pretty: pretty) + "\n"
    }
}

extension Comparison.Setting {
    fileprivate var json: JSON {
        object(
            ("name", .string(name)),
            ("environment", .array(environment.map(JSON.string))),
            ("failure", failure.map(JSON.string) ?? .null),
            ("runs", .integer(runs.count)),
            ("peak_bytes", peak?.json ?? .null),
            ("final_bytes", final?.json ?? .null),
            ("retained_bytes", retained?.json ?? .null),
            ("fragmented_bytes", fragmented?.json ?? .null),
            ("microseconds", microseconds?.json ?? .null))
    }
}

extension Comparison.Figure {
    fileprivate var json: JSON {
        object(("median", .integer(median)), ("lowest", .integer(lowest)), ("highest", .integer(highest)))
    }
}
