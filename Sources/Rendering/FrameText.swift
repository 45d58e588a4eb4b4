import MemoryModel

extension Frame {
    /// One line of at most `columns`: `Parser::parse parse.cpp:120`, `worker.py:10 load`, `libfoo.so+0x1a2b`.
    func text(columns: Int, style: TextStyle) -> String {
        let place = place(style)
        var name = style.printable(String(decoding: bareName.utf8.prefix(Self.mostBytes), as: UTF8.self))
        guard !name.isEmpty else { return place.middleShortened(to: columns, ellipsis: style.ellipsis) }
        guard !place.isEmpty else { return name.middleShortened(to: columns, ellipsis: style.ellipsis) }
        // A place that leaves no room for a name is no help.
        let shortPlace = place.middleShortened(to: max(columns / 2, 8), ellipsis: style.ellipsis)
        let room = columns - shortPlace.columns - 1
        if name.columns > room { name = name.withoutTypeArguments(ellipsis: style.ellipsis) }
        let shortName = name.middleShortened(to: room, ellipsis: style.ellipsis)
        return language == .python ? "\(shortPlace) \(shortName)" : "\(shortName) \(shortPlace)"
    }

    /// More than fits a line of any terminal; symbols of a hostile binary are of any length.
    private static let mostBytes = 256

    /// File and line; the module where the file is not known, with the offset where there is no name either.
    func place(_ style: TextStyle) -> String {
        func last(_ path: String) -> String {
            let end = String(decoding: path.utf8.suffix(Self.mostBytes), as: UTF8.self)
            return style.printable(end.split(separator: "/").last.map(String.init) ?? end)
        }
        if !file.isEmpty { return last(file) + (line.map { ":\($0)" } ?? "") }
        guard function.isEmpty else { return last(module) }
        let digits = String(offset, radix: 16)
        return module.isEmpty ? "0x\(digits)" : "\(last(module))+0x\(digits)"
    }
}
