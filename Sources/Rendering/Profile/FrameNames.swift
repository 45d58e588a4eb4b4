import MemoryModel

extension Frame {
    /// What tells it from others, parameters included; never empty. Everything in it may go to a terminal.
    ///
    /// Without a symbol the module's name and the offset in it, which `addr2line` takes.
    var name: String {
        if !function.isEmpty { return function.tame }
        let address = "0x" + String(offset, radix: 16)
        if !module.isEmpty { return "\(module.lastPathComponent.tame)+\(address)" }
        return offset == 0 ? "(unknown)" : address
    }

    /// What a person calls it, where there is little room.
    var shortName: String { function.isEmpty ? name : bareName.tame }
}

extension Profile.Sample {
    /// The frames as every export shows them, innermost first: what is not known has a frame of its own.
    var shownFrames: [Frame] {
        if frames.isEmpty { return [Frame(function: "(no stack)")] }
        return isCut ? frames + [Frame(function: "(outer frames not recorded)")] : frames
    }
}

extension Profile.Quantity {
    /// The unit as pprof and speedscope name it.
    var unit: String { isCount ? "count" : "bytes" }
}

extension String {
    /// Without anything that a terminal would act upon, and of a length that a person can read: C++ templates reach
    /// megabytes. What is too long loses its middle.
    var tame: String {
        let most = 1024
        guard utf8.count > most else { return printable(unicode: true) }
        let scalars = unicodeScalars
        let head = String(scalars.prefix(most * 3 / 4))
        let tail = String(scalars.suffix(most / 4))
        guard head.utf8.count + tail.utf8.count < utf8.count else { return printable(unicode: true) }
        return (head + "…" + tail).printable(unicode: true)
    }

    /// What follows the last slash; all of it where nothing does.
    var lastPathComponent: String {
        split(separator: "/").last.map(String.init) ?? self
    }
}
