package import JSONText
package import MemoryModel

extension Report {
    /// The document `silt.report/1`. Keys never change their meaning or order within a version; new ones may come.
    package func json(pretty: Bool) -> String { json.text(pretty: pretty) + "\n" }

    /// See ``json(pretty:)``.
    package var json: JSON {
        object(
            ("schema", .string("silt.report/1")),
            ("process", process.json(allocator: allocator)),
            ("coverage", coverage.json),
            ("rss_bytes", rss.json),
            ("swap_bytes", swap.json),
            ("ledger", .array(ledger.map(\.json))),
            ("heap", heap.json),
            ("managed", managed.json),
            ("verdict", verdict.json),
            ("tunables", tunables?.json ?? .null),
            ("reading", reading.json),
            ("sites", sites?.json ?? .null),
            ("leaks", leaks?.json ?? .null),
            ("history", historyJSON))
    }
}

extension RunReport {
    /// The document `silt.run/1`: a `silt.report/1` for the peak and the last reading of every process.
    package func json(pretty: Bool) -> String { json.text(pretty: pretty) + "\n" }

    /// See ``json(pretty:)``.
    package var json: JSON {
        object(
            ("schema", .string("silt.run/1")),
            ("command", .array(command.map(JSON.string))),
            ("processes", .array(processes.map(\.json))))
    }
}

extension ProcessRun {
    fileprivate var json: JSON {
        object(
            ("ending", .string(ending.rawValue)),
            ("parent", parent.map(JSON.integer) ?? .null),
            ("peak", peak.json),
            ("last", last.json))
    }
}

extension ByteCount {
    fileprivate var json: JSON { .integer(rawValue) }
}

extension ByteCount? {
    fileprivate var json: JSON { self?.json ?? .null }
}

extension ProcessFacts {
    func json(allocator: String) -> JSON {
        object(
            ("pid", .integer(pid)),
            ("command", .array(command.map(JSON.string))),
            ("threads", .integer(threads)),
            ("uptime_seconds", .number(uptimeSeconds)),
            ("allocator", .string(allocator)),
            ("high_water_bytes", highWater.json),
            ("forked_from", forkedFrom.map(JSON.integer) ?? .null))
    }
}

extension Coverage {
    var json: JSON {
        object(
            ("source", .string(source)),
            ("complete", .bool(complete)),
            ("degraded", .array(degraded.map(JSON.string))))
    }
}

extension LedgerRow {
    /// `owners` is left out where the cause is not told apart by owner.
    fileprivate var json: JSON {
        var members = [
            JSON.Member("cause", .string(cause.rawValue)),
            JSON.Member("bytes", bytes.json),
            JSON.Member("swap_bytes", swap.json),
        ]
        if !owners.isEmpty {
            let owners = owners.map { object(("owner", .string($0.name)), ("bytes", $0.bytes.json)) }
            members.append(JSON.Member("owners", .array(owners)))
        }
        return .object(members)
    }
}

extension HeapReport {
    fileprivate var json: JSON {
        object(
            ("live_bytes", live.json),
            ("live_blocks", .integer(liveBlocks)),
            ("untouched_bytes", untouched.json),
            ("predicted_trim_bytes", predictedTrim.json),
            ("predicted_trim_range", .array([predictedTrimRange.lowerBound.json, predictedTrimRange.upperBound.json])),
            ("free_runs", .array(freeRuns.map { object(("up_to_bytes", $0.upTo.json), ("bytes", $0.bytes.json)) })),
            ("arenas", .array(arenas.map(\.json))))
    }
}

extension HeapReport.Arena {
    fileprivate var json: JSON {
        object(
            ("main", .bool(isMain)),
            ("resident_bytes", resident.json),
            ("live_bytes", live.json),
            ("retained_bytes", retained.json),
            ("kept_bytes", kept.json),
            ("fragmented_bytes", fragmented.json))
    }
}

extension Managed {
    fileprivate var json: JSON {
        object(
            ("managed_bytes", managed.json),
            ("spilled_bytes", spilled.json),
            ("unmanaged_bytes", unmanaged.json),
            ("unmanaged_old_bytes", unmanagedOld.json),
            ("unmanaged_recent_bytes", unmanagedRecent.json))
    }
}

extension Verdict {
    fileprivate var json: JSON {
        object(
            ("cause", .string(kind.rawValue)),
            ("bytes", bytes.json),
            ("share", .number(share)),
            ("summary", .string(summary)),
            ("remedies", .array(remedies.map(\.json))))
    }
}

extension Verdict.Remedy {
    fileprivate var json: JSON {
        object(
            ("kind", .string(kind.rawValue)),
            ("action", .string(action)),
            ("predicted_bytes", predicted.json))
    }
}

extension Tunables {
    /// `raised_by` is `null` where no module's free raised the threshold.
    fileprivate var json: JSON {
        object(
            ("mmap_threshold_bytes", mmapThreshold.json),
            ("trim_threshold_bytes", trimThreshold.json),
            ("dynamic", .bool(isDynamic)),
            ("raised_by", raisedBy.isEmpty ? .null : .string(raisedBy)),
            ("trim_calls", .integer(trimCalls)))
    }
}

extension Reading {
    var json: JSON {
        object(
            ("seconds", .number(seconds)),
            ("stopped", .bool(stopped)),
            ("moved_bytes", moved.json))
    }
}
