import MemoryModel

/// What one site has, where it is compared with what it had.
struct SiteFigure: Hashable, Sendable {
    /// `nil` for what has no stack.
    var frame: Frame?
    var bytes: ByteCount
    var error: ByteCount = 0

    /// The same code after an edit elsewhere in its file: without the line.
    struct Name: Hashable {
        var function: String
        var file: String
        var module: String
    }

    var name: Name {
        guard let frame else { return Name(function: "", file: "", module: "") }
        // A frame without a symbol has nothing but its place.
        let function = frame.function.isEmpty ? "+\(frame.offset)" : frame.function
        return Name(function: function, file: frame.file, module: frame.file.isEmpty ? frame.module : "")
    }
}

extension RecordedMoment {
    /// Who is behind a quantity, largest first; empty where nothing tells.
    func siteFigures(of quantity: Quantity) -> [SiteFigure] {
        if quantity == .leaked {
            let groups = unreachable?.groups ?? []
            return merged(groups.map { SiteFigure(frame: $0.siteFrames.first, bytes: $0.tally.bytes) })
        }
        guard let sites = report.sites else { return [] }
        if quantity == .row(.mappings) {
            return merged(sites.mappings.map { SiteFigure(frame: $0.frames.first, bytes: $0.bytes) })
        }
        guard let question = quantity.question else { return [] }
        return merged(
            sites[question].groups.map {
                SiteFigure(frame: $0.frames.first, bytes: $0.bytes.bytes, error: $0.bytes.errorBytes)
            })
    }

    /// Sites that have one name as one.
    private func merged(_ figures: [SiteFigure]) -> [SiteFigure] {
        var found: [SiteFigure] = []
        var indices: [SiteFigure.Name: Int] = [:]
        for figure in figures {
            if let index = indices[figure.name] {
                found[index].bytes = ByteCount(found[index].bytes.rawValue &+ figure.bytes.rawValue)
                found[index].error = ByteCount(found[index].error.rawValue &+ figure.error.rawValue)
            } else {
                indices[figure.name] = found.count
                found.append(figure)
            }
        }
        return found.sorted { $0.bytes > $1.bytes }
    }

    /// What the sites that a pattern names have of the live heap, and how far the samples may be off.
    func held(
        by pattern: Suppression, _ unit: Quantity.Unit, within limit: Double
    ) throws(Unmeasured) -> (value: Double, error: Double) {
        guard let sites = report.sites else { throw .noSites }
        try report.coverage.check()
        func figure(_ group: SiteGroup) -> Estimate { unit == .blocks ? group.blocks : group.bytes }
        let groups = sites.holds.groups
        let matching = groups.filter { $0.frames.first.map(pattern.matches) ?? false }
        // Errors of different sites are independent: their squares add up.
        let error = matching.reduce(0) { $0 + Double(figure($1).error) * Double(figure($1).error) }.squareRoot()
        let value = matching.reduce(0) { $0 + Double(figure($1).value) }
        guard sites.holds.groupCount > groups.count, value <= limit else { return (value, error) }
        // What is not among the largest sites has no more than the least of these.
        if matching.isEmpty {
            let least = groups.map { figure($0).value }.max() ?? 0
            let smallest = unit == .bytes ? figure(groups.last ?? SiteGroup()).value : least
            guard Double(smallest) <= limit else { throw .siteUnlisted(least: smallest) }
        }
        // A pattern that names several sites, as a module's does, may name any of the others too.
        if matching.count > 1 {
            let whole = unit == .bytes ? sites.holds.estimate.value : report.heap.liveBlocks
            let unlisted = max(0, whole &- groups.reduce(0) { $0 &+ figure($1).value })
            guard value + Double(unlisted) <= limit else { throw .sitesUnlisted(unlisted) }
        }
        return (value, error)
    }
}

/// Who grew most, as far as it is told.
///
/// - Parameter before: `nil` where there is nothing to compare with: then who has most.
func siteChanges(_ now: [SiteFigure], since before: [SiteFigure]?) -> [SiteChange] {
    let most = 3
    var earlier: [SiteFigure.Name: SiteFigure] = [:]
    for figure in before ?? [] { earlier[figure.name] = figure }
    let changes = now.map { figure in
        let past = earlier[figure.name]
        let errors = [figure.error, past?.error ?? 0].map { Double($0.rawValue) * Double($0.rawValue) }
        return SiteChange(
            frame: figure.frame, before: before.map { _ in past?.bytes ?? 0 }, now: figure.bytes,
            error: ByteCount(Int(clamping: errors.reduce(0, +).squareRoot())))
    }
    // A large site moves by its error from run to run: who grew by more of its own comes first.
    let grown = changes.filter { $0.growth > 0 && (before == nil || 2 * $0.sureness > 1) }
    let ranked = before == nil ? grown : grown.sorted { $0.sureness > $1.sureness }
    return Array(ranked.prefix(most))
}

extension SiteChange {
    /// The growth in errors; where there is no error, in bytes.
    fileprivate var sureness: Double { Double(growth.rawValue) / (Double(error.rawValue) + 1) }
}

extension Int {
    /// The nearest that there is.
    fileprivate init(clamping value: Double) { self = value.isNaN ? 0 : Int(Swift.min(Swift.max(value, -9e18), 9e18)) }
}
