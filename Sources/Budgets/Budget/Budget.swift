package import MemoryModel

/// What the processes of a command may hold, as a budget file says it.
package struct Budget: Sendable {
    /// One figure of a limit; an entry of the file with three figures is three of these.
    package struct Limit: Hashable, Sendable {
        package enum Test: Hashable, Sendable {
            case quantity(Quantity, at: MomentName, Bound)
            /// By how much a quantity may grow from one moment to the other; `per` iterations lie between.
            case growth(Quantity, from: MomentName, to: MomentName, per: Int, Bound)
            /// How fast it may grow, in bytes or blocks from mark to mark, over all marks of a name.
            case slope(Quantity, mark: String, Bound)
            /// What the sites whose frame a pattern names may hold.
            case site(Suppression, Quantity.Unit, at: MomentName, Bound)
        }

        /// Of the file.
        package var line: Int
        /// Which processes it is about; `nil` for all of them.
        package var process: Glob?
        package var test: Test

        package init(line: Int, process: Glob? = nil, test: Test) {
            self.line = line
            self.process = process
            self.test = test
        }
    }

    package var limits: [Limit] = []
    /// Processes that nothing is asked of, by their program or their command line.
    package var ignored: [Glob] = []
    /// How far a quantity may be from a baseline, instead of what its spread says.
    package var tolerances: [Quantity: Double] = [:]
    package var suppressions: [Suppression] = []

    package init() {}
}

/// How much is too much.
package enum Bound: Hashable, Sendable {
    /// Bytes, blocks, or a share where the quantity is one.
    case absolute(Double)
    /// A share of RSS at that moment.
    case shareOfRSS(Double)
    /// More than the baseline's median.
    case above(Double)
    /// This share more than the baseline's median.
    case shareAbove(Double)

    package var isRelative: Bool {
        switch self {
        case .absolute, .shareOfRSS: false
        case .above, .shareAbove: true
        }
    }
}

extension Budget.Limit {
    package var bound: Bound {
        switch test {
        case .quantity(_, _, let bound), .growth(_, _, _, _, let bound), .slope(_, _, let bound),
            .site(_, _, _, let bound):
            bound
        }
    }
}
