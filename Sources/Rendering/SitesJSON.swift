import JSONText
package import MemoryModel

extension Report {
    /// The document `silt.sites/1`, `silt.pins/1` or `silt.left/1`: one answer in full.
    package func json(_ question: SiteAnswer.Question, pretty: Bool) -> String {
        let sites = sites ?? SiteReport()
        var members = [
            JSON.Member("schema", .string("silt.\(question.command)/1")),
            JSON.Member("process", process.json(allocator: allocator)),
            JSON.Member("coverage", coverage.json),
            JSON.Member("rss_bytes", .integer(rss.rawValue)),
        ]
        members += sites.members
        members.append(JSON.Member("answer", sites[question].json))
        if question == .holds { members.append(JSON.Member("mappings", .array(sites.mappings.map(\.json)))) }
        members.append(JSON.Member("reading", reading.json))
        return JSON.object(members).text(pretty: pretty) + "\n"
    }
}

extension SiteAnswer.Question {
    /// The command that answers it.
    package var command: String { self == .holds ? "sites" : rawValue }
}

extension SiteReport {
    /// `mean_bytes` is 0 where nothing was sampled.
    var json: JSON {
        .object(
            members + [
                JSON.Member("holds", holds.json),
                JSON.Member("pins", pins.json),
                JSON.Member("left", left.json),
                JSON.Member("mappings", .array(mappings.map(\.json))),
            ])
    }

    var members: [JSON.Member] {
        [
            JSON.Member("mean_bytes", .integer(mean)),
            JSON.Member("dropped_samples", .integer(dropped)),
            JSON.Member("degraded", .array(degraded.map { .string($0.cut) })),
        ]
    }
}

extension SiteAnswer {
    /// `total_bytes` is exact; every other figure is an estimate, with its error beside it.
    fileprivate var json: JSON {
        object(
            ("by", .string(grouping.rawValue)),
            ("total_bytes", .integer(total.rawValue)),
            ("bytes", .integer(estimate.value)),
            ("error_bytes", .integer(estimate.error)),
            ("without_stack_bytes", .integer(withoutStack.value)),
            ("without_stack_share", .number(shareWithoutStack)),
            ("samples", .integer(samples)),
            ("group_count", .integer(groupCount)),
            ("groups", .array(groups.map(\.json))))
    }
}

extension SiteGroup {
    /// `name` is `null` where frames name it; the last keys are only there where the question has them.
    fileprivate var json: JSON {
        var members = [
            JSON.Member("name", name.isEmpty ? .null : .string(name.cut)),
            JSON.Member("bytes", .integer(bytes.value)),
            JSON.Member("error_bytes", .integer(bytes.error)),
            JSON.Member("blocks", .integer(blocks.value)),
            JSON.Member("error_blocks", .integer(blocks.error)),
        ]
        func add(_ name: String, _ estimate: Estimate?) {
            guard let estimate else { return }
            members.append(JSON.Member("\(name)_bytes", .integer(estimate.value)))
            members.append(JSON.Member("error_\(name)_bytes", .integer(estimate.error)))
        }
        add("live", live)
        add("kept", kept)
        if let freed {
            members.append(JSON.Member("freed_median_seconds", .number(freed.medianSeconds)))
            members.append(JSON.Member("freed_latest_seconds", .number(freed.latestSeconds)))
        }
        members.append(JSON.Member("samples", .integer(samples)))
        members.append(JSON.Member("frames", .array(frames.map(\.json))))
        return .object(members)
    }
}

extension MappingSite {
    fileprivate var json: JSON {
        object(("bytes", .integer(bytes.rawValue)), ("count", .integer(count)), ("frames", .array(frames.map(\.json))))
    }
}

extension Frame {
    /// What is not known is `null`.
    var json: JSON {
        object(
            ("function", text(function)),
            ("file", text(file)),
            ("line", line.map(JSON.integer) ?? .null),
            ("module", text(module)),
            ("offset", .integer(Int(clamping: offset))),
            ("inlined", .bool(isInlined)),
            ("language", .string(language == .python ? "python" : "native")))
    }

    private func text(_ text: String) -> JSON { text.isEmpty ? .null : .string(text.cut) }
}

extension String {
    /// The first 4096 bytes: what a hostile binary calls its functions is of any length.
    var cut: String {
        utf8.count <= 4096 ? self : String(decoding: utf8.prefix(4096), as: UTF8.self) + "…"
    }
}
