package import JSONText
import MemoryModel

extension Baseline {
    /// The document `silt.baseline/1`.
    package var json: JSON {
        object(
            ("schema", .string("silt.baseline/1")),
            ("silt", .string(version)),
            ("command", .array(command.map(JSON.string))),
            ("environment", .object(environment.map { JSON.Member($0.name, .string($0.value)) })),
            ("started_at", .array(startedAt.map(JSON.number))),
            ("processes", .array(processes.map(\.json))))
    }

    /// - Throws: with the line, and what to do.
    package static func parse(_ text: [UInt8]) throws(JSONError) -> Baseline {
        let root = try JSONNode.parse(text)
        let schema = try root.required("schema").string()
        guard schema == "silt.baseline/1" else {
            let reason =
                schema.hasPrefix("silt.baseline/")
                ? "'\(schema.prefix(64))' is of a later silt; use that, or begin anew: remove the file and --update-baseline"
                : "'\(schema.prefix(64))' is no baseline; give a file that --update-baseline wrote"
            throw JSONError(line: root.line, reason)
        }
        var baseline = Baseline(version: try root["silt"]?.string() ?? "")
        baseline.command = try root.required("command").strings()
        for (key, value) in try root["environment"]?.object() ?? [] {
            baseline.environment.append(RecordedFact(key.name, try value.string()))
        }
        baseline.startedAt = try root.required("started_at").figures(allowsNegative: true)
        for node in try root.required("processes").array() { baseline.processes.append(try Process(node)) }
        return baseline
    }
}

extension Baseline.Process {
    fileprivate var json: JSON {
        object(
            ("program", .string(key.program)), ("position", .integer(key.position)),
            ("moments", .array(moments.map(\.json))))
    }

    fileprivate init(_ node: JSONNode) throws(JSONError) {
        let position = try node.required("position").number(in: 1...1e9, "a position from 1 on")
        self.init(key: ProcessKey(program: try node.required("program").string(), position: Int(position)))
        for node in try node.required("moments").array() { moments.append(try Baseline.Moment(node)) }
    }
}

extension Baseline.Moment {
    fileprivate var json: JSON {
        let figures = Quantity.all.compactMap { quantity in
            self.figures[quantity].map { values in
                JSON.Member(quantity.name, .array(values.map { quantity.unit == .share ? .number($0) : .whole($0) }))
            }
        }
        let sites = self.sites.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .array($0.value.map(\.json))) }
        return object(
            ("moment", .string(name.description)), ("figures", .object(figures)), ("sites", .object(sites)))
    }

    fileprivate init(_ node: JSONNode) throws(JSONError) {
        let text = try node.required("moment")
        guard let name = MomentName(try text.string()) else { throw JSONError(line: text.line, "'moment' is empty") }
        self.init(name: name)
        for (key, value) in try node.required("figures").object() {
            // Quantities of a later version are left alone.
            if let quantity = Quantity(key.name) { figures[quantity] = try value.figures() }
        }
        for (key, value) in try node["sites"]?.object() ?? [] {
            sites[key.name] = try value.array().map { node throws(JSONError) in try SiteFigure(node) }
        }
    }
}

extension SiteFigure {
    /// What is not known is left out.
    fileprivate var json: JSON {
        var members = [
            JSON.Member("bytes", .integer(bytes.rawValue)), JSON.Member("error_bytes", .integer(error.rawValue)),
        ]
        func add(_ name: String, _ text: String) {
            if !text.isEmpty { members.append(JSON.Member(name, .string(String(text.prefix(1024))))) }
        }
        if let frame {
            add("function", frame.function)
            add("file", frame.file)
            if let line = frame.line { members.append(JSON.Member("line", .integer(line))) }
            add("module", frame.module)
            if frame.function.isEmpty { members.append(JSON.Member("offset", .integer(Int(clamping: frame.offset)))) }
            if frame.language == .python { members.append(JSON.Member("language", .string("python"))) }
        }
        return .object(members)
    }

    fileprivate init(_ node: JSONNode) throws(JSONError) {
        self.init(
            frame: nil, bytes: ByteCount(try node.required("bytes").integer()),
            error: ByteCount(try node["error_bytes"]?.integer() ?? 0))
        let function = try node["function"]?.string() ?? ""
        let module = try node["module"]?.string() ?? ""
        let file = try node["file"]?.string() ?? ""
        guard !function.isEmpty || !module.isEmpty || !file.isEmpty else { return }
        frame = Frame(
            function: function, file: file, line: try node["line"]?.integer(), module: module,
            offset: UInt64(clamping: try node["offset"]?.integer() ?? 0),
            language: try node["language"]?.string() == "python" ? .python : .native)
    }
}

extension JSONNode {
    fileprivate func strings() throws(JSONError) -> [String] {
        try array().map { node throws(JSONError) in try node.string() }
    }

    /// The newest of a list of figures, as many as are kept.
    fileprivate func figures(allowsNegative: Bool = false) throws(JSONError) -> [Double] {
        try array().suffix(Baseline.mostRuns).map { node throws(JSONError) in
            try node.number(in: (allowsNegative ? -1e18 : 0)...1e18, "a figure as --update-baseline does")
        }
    }
}

extension JSON {
    /// Bytes or blocks.
    fileprivate static func whole(_ value: Double) -> JSON { .integer(Int(value)) }
}
