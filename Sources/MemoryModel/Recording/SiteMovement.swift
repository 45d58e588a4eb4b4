/// How what one site has moved between two reports.
package struct SiteMovement: Hashable, Sendable {
    /// What of it moved.
    package enum Subject: String, CaseIterable, Sendable {
        case holds, pins, left
        /// The program's own mappings, which are exact.
        case mappings

        /// What tells who is behind a row; `nil` for a row that no code is told of.
        package init?(_ cause: Cause) {
            switch cause {
            case .heapLive: self = .holds
            case .heapFragmented: self = .pins
            case .heapRetained, .heapKept: self = .left
            case .mappings: self = .mappings
            default: return nil
            }
        }
    }

    package enum Presence: String, Sendable {
        case both
        /// Not named in the earlier report: new, or too small there.
        case new
        /// Not named in the later one.
        case gone
    }

    package var subject: Subject
    /// Of a thread, a tag or an age; empty where frames name it.
    package var name: String
    /// The site's frame and its callers, of the later report where both have it. Empty where there is no stack.
    package var frames: [Frame]
    package var presence: Presence
    /// In bytes. What a report does not name is 0, with the error that this has.
    package var before: Estimate
    package var after: Estimate

    package init(
        subject: Subject, name: String = "", frames: [Frame] = [], presence: Presence = .both, before: Estimate,
        after: Estimate
    ) {
        self.subject = subject
        self.name = name
        self.frames = frames
        self.presence = presence
        self.before = before
        self.after = after
    }

    /// Both were sampled independently, so that the squares of their errors add up.
    package var difference: Estimate {
        Estimate(after.value &- before.value, error: joint(before.error, after.error))
    }

    /// Whether it moved by more than its error.
    package var isCertain: Bool { difference.value.magnitude > difference.error.magnitude }
}

/// How what every site has moved between two reports, the largest difference of either sign first.
///
/// A site is the same in both by its function and the name of its file, or where these are not known by its module and
/// its place in there: lines move with every change of a program. Empty where a report has no answers.
package func siteMovements(from before: Report, to after: Report) -> [SiteMovement] {
    SiteMovement.Subject.allCases.flatMap { siteMovements(from: before, to: after, $0) }
        .sorted { $0.difference.value.magnitude > $1.difference.value.magnitude }
}

/// See ``siteMovements(from:to:)``: of one subject.
package func siteMovements(
    from before: Report, to after: Report, _ subject: SiteMovement.Subject
) -> [SiteMovement] {
    guard let old = before.sites?.named(subject), let new = after.sites?.named(subject) else { return [] }
    let movements = (old.order + new.order.filter { old.sites[$0] == nil }).map { key in
        let (earlier, later) = (old.sites[key], new.sites[key])
        return SiteMovement(
            subject: subject, name: key.name, frames: (later ?? earlier)?.frames ?? [],
            presence: earlier == nil ? .new : later == nil ? .gone : .both,
            before: earlier?.bytes ?? Estimate(error: old.unseen(like: later)),
            after: later?.bytes ?? Estimate(error: new.unseen(like: earlier)))
    }
    return movements.filter { $0.difference.value != 0 }
        .sorted { $0.difference.value.magnitude > $1.difference.value.magnitude }
}

/// Two standard errors of a sum or a difference.
private func joint(_ left: Int, _ right: Int) -> Int {
    let (left, right) = (Double(left), Double(right))
    return Int(min(1e18, (left * left + right * right).squareRoot().rounded()))
}

/// What makes two groups of two reports the same.
private struct SiteKey: Hashable {
    var name: String
    var function = ""
    var file = ""
    var module = ""
    var offset: UInt64 = 0

    init(name: String, frames: [Frame]) {
        // Threads, tags and ages have names of their own, and a site only for an example.
        self.name = name
        guard name.isEmpty, let frame = frames.first else { return }
        function = frame.bareName
        file = lastComponent(frame.file)
        guard function.isEmpty else { return }
        module = lastComponent(frame.module)
        offset = frame.offset
    }
}

/// A build directory is another one on another machine.
private func lastComponent(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

/// The sites that a report names, in its order.
private struct NamedSites {
    struct Site {
        var frames: [Frame]
        var bytes: Estimate
        /// How much larger its bytes are than those of the blocks that were sampled: few live bytes may pin many.
        var leverage: Double
    }

    var order: [SiteKey] = []
    var sites: [SiteKey: Site] = [:]
    /// How much the blocks of a site may have that no sample is of.
    var unsampled: Int
    /// What the last one has, where the list was cut.
    var least = 0

    mutating func add(_ frames: [Frame], name: String = "", _ bytes: Estimate, live: Estimate? = nil) {
        let key = SiteKey(name: name, frames: frames)
        guard var site = sites[key] else {
            order.append(key)
            let leverage = live.map { $0.value > 0 ? max(1, Double(bytes.value) / Double($0.value)) : 1 }
            sites[key] = Site(frames: frames, bytes: bytes, leverage: leverage ?? 1)
            return
        }
        site.bytes = Estimate(site.bytes.value &+ bytes.value, error: joint(site.bytes.error, bytes.error))
        sites[key] = site
    }

    /// How much a site may have that is not among them, if it is as it is in the other report.
    func unseen(like other: Site?) -> Int {
        max(least, Int(min(1e15, Double(unsampled) * (other?.leverage ?? 1))))
    }
}

extension SiteReport {
    fileprivate func named(_ subject: SiteMovement.Subject) -> NamedSites? {
        switch subject {
        case .holds: holds.named(mean: mean)
        case .pins: pins.named(mean: mean)
        case .left: left.named(mean: mean)
        case .mappings: namedMappings
        }
    }

    private var namedMappings: NamedSites {
        // Mappings below 1 MiB are not told apart by site.
        var named = NamedSites(unsampled: 1 << 20)
        for mapping in mappings { named.add(mapping.frames, Estimate(mapping.bytes.rawValue)) }
        return named
    }
}

extension SiteAnswer {
    fileprivate func named(mean: Int) -> NamedSites? {
        guard mean > 0 else { return nil }
        // Three times the mean is what a site without any sample may hold (the exact upper limit of a Poisson count of
        // none); where every block is sampled it is nothing. Where the list was cut, as much as its last.
        let unsampled = mean == 1 ? 0 : 3 * min(mean, 1 << 47)
        let isCut = groupCount > groups.count
        let least = isCut ? groups.last.map { max(0, $0.bytes.value) } ?? 0 : 0
        var named = NamedSites(unsampled: unsampled, least: least)
        for group in groups { named.add(group.frames, name: group.name, group.bytes, live: group.live) }
        return named
    }
}
