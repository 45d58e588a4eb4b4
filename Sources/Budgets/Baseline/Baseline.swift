package import MemoryModel

/// What earlier runs of a command came to: the figures of the last of them, process by process and moment by moment.
package struct Baseline: Sendable {
    /// Fewer runs do not tell how much is noise.
    package static let leastRuns = 5
    /// Older ones say less of today than a tolerance that is a tenth narrower.
    package static let mostRuns = 20

    struct Process: Sendable {
        var key: ProcessKey
        var moments: [Moment] = []
    }

    struct Moment: Sendable {
        var name: MomentName
        /// Of each run that had it, oldest first.
        var figures: [Quantity: [Double]] = [:]
        /// Who was behind it in the newest run, by ``Quantity/siteKey``.
        var sites: [String: [SiteFigure]] = [:]
    }

    package var version: String
    package var command: [String]
    /// Of the newest run.
    package var environment: [RecordedFact]
    /// When each run was started, in seconds since 1970.
    package var startedAt: [Double]
    var processes: [Process] = []

    package var runs: Int { startedAt.count }

    package init(version: String = "", command: [String] = [], environment: [RecordedFact] = []) {
        self.version = version
        self.command = command
        self.environment = environment
        self.startedAt = []
    }

    func moment(_ key: ProcessKey, _ name: MomentName) -> Moment? {
        processes.first { $0.key == key }?.moments.first { $0.name == name }
    }

    func values(of quantity: Quantity, _ key: ProcessKey, at name: MomentName) -> [Double] {
        moment(key, name)?.figures[quantity] ?? []
    }

    /// `nil` where it keeps none of that.
    func sites(of quantity: Quantity, _ key: ProcessKey, at name: MomentName) -> [SiteFigure]? {
        guard let siteKey = quantity.siteKey else { return nil }
        return moment(key, name)?.sites[siteKey]
    }
}

extension Quantity {
    /// The name under which a baseline keeps who was behind it; `nil` where nobody is told.
    var siteKey: String? {
        switch self {
        case .leaked: "leaked"
        case .row(.mappings): "mappings"
        default: question?.rawValue
        }
    }

    /// One quantity for each kind of sites.
    static let withSites: [Quantity] = [
        .live, .row(.heapFragmented), .row(.heapRetained), .row(.mappings), .leaked,
    ]
}
