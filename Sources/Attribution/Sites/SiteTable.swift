import MemoryModel

/// The site of every stack: its innermost frame that is not a helper's.
struct SiteTable {
    /// Frames that are shown behind the site's own.
    static let callers = 4

    private let stacks: [SampledStack]
    /// By stack: where the site's frame is, and the number of the site. `nil` for a stack without frames.
    private let places: [(frame: Int, site: Int)?]

    init(_ stacks: [SampledStack]) {
        self.stacks = stacks
        var numbers: [SiteIdentity: Int] = [:]
        places = stacks.map { stack in
            guard let frame = siteIndex(in: stack.frames) else { return nil }
            let identity = SiteIdentity(stack.frames[frame])
            let number = numbers[identity] ?? numbers.count
            numbers[identity] = number
            return (frame, number)
        }
    }

    /// Equal for stacks of one site.
    func site(ofStack stack: Int) -> Int? { places[stack]?.site }

    /// The site's frame and its callers.
    ///
    /// - Parameter whole: everything, from the innermost frame on.
    func frames(ofStack stack: Int, whole: Bool) -> [Frame] {
        guard let place = places[stack] else { return [] }
        return whole ? stacks[stack].frames : Array(stacks[stack].frames[place.frame...].prefix(1 + Self.callers))
    }
}

/// What makes two frames the same site: function, file and line; where there is no symbol, module and offset.
private struct SiteIdentity: Hashable {
    var function: String
    var file: String
    var line: Int?
    var module = ""
    var offset: UInt64 = 0

    init(_ frame: Frame) {
        // Symbols of a hostile binary are of any length.
        function = String(decoding: frame.function.utf8.prefix(4096), as: UTF8.self)
        file = String(decoding: frame.file.utf8.prefix(4096), as: UTF8.self)
        line = frame.line
        guard function.isEmpty else { return }
        module = String(decoding: frame.module.utf8.prefix(4096), as: UTF8.self)
        offset = frame.offset
    }
}
