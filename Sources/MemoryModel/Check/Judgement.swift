/// One limit held against one process: what it is, what it may be, and what came of it.
package struct Judgement: Sendable {
    /// What is limited.
    package enum Subject: Hashable, Sendable {
        case quantity(Quantity, at: MomentName)
        /// By how much it grew; `per` iterations lie between.
        case growth(Quantity, from: MomentName, to: MomentName, per: Int)
        /// How fast it grew from mark to mark, over all marks of a name.
        case slope(Quantity, mark: String)
        /// What the sites of a pattern hold.
        case site(String, Quantity.Unit, at: MomentName)
    }

    /// Who limits it.
    package enum Source: Hashable, Sendable {
        /// With the line of the budget file.
        case budget(line: Int)
        case baseline
    }

    package enum Outcome: Hashable, Sendable {
        case within
        case exceeded
        /// Less than a baseline has by more than its tolerance.
        case improved
        case unmeasured(Unmeasured)
    }

    package struct Comparison: Hashable, Sendable {
        /// Of the baseline's runs.
        package var median: Double
        package var spread: ClosedRange<Double>
        package var runs: Int
        /// How far from it is still the same.
        package var tolerance: Double
        /// How far the new runs are from it: the median of the differences between each of these and each of those.
        package var shift: Double

        package init(
            median: Double, spread: ClosedRange<Double>, runs: Int, tolerance: Double = 0, shift: Double = 0
        ) {
            self.median = median
            self.spread = spread
            self.runs = runs
            self.tolerance = tolerance
            self.shift = shift
        }
    }

    package var subject: Subject
    /// The program's name; `NAME#2` for the second process of it. Empty where there is none.
    package var process: String
    package var source: Source
    /// The median of the runs: bytes, blocks, a share, or bytes a mark.
    package var value = 0.0
    package var limit = 0.0
    /// How the limit was written, where it is no plain figure: `10 %` of RSS, `+5 %`.
    package var limitText: String?
    /// Of the runs.
    package var spread = 0.0...0.0
    package var runs = 0
    /// Where `value` is estimated from samples: its error.
    package var error = 0.0
    /// What a baseline has of it.
    package var comparison: Comparison?
    package var outcome: Outcome
    /// Whether it is above a baseline by so much that only noise could explain it, and more runs would tell.
    package var isDoubtful = false
    /// Largest growth first; without a comparison, who has most of it.
    package var sites: [SiteChange] = []
    package var remedies: [Verdict.Remedy] = []

    package init(subject: Subject, process: String, source: Source, outcome: Outcome = .within) {
        self.subject = subject
        self.process = process
        self.source = source
        self.outcome = outcome
    }

    package var unit: Quantity.Unit {
        switch subject {
        case .quantity(let quantity, _), .growth(let quantity, _, _, _), .slope(let quantity, _): quantity.unit
        case .site(_, let unit, _): unit
        }
    }

    /// Whether some runs lie on either side of the limit, or the limit within the error of an estimate: then it is noise
    /// that decides.
    package var isLimitInSpread: Bool {
        guard case .budget = source, runs > 0 else { return false }
        let low = spread.lowerBound - error
        let high = spread.upperBound + error
        return low < high && low <= limit && limit < high
    }
}

/// What one site has of a quantity, before and now.
package struct SiteChange: Hashable, Sendable {
    /// The site's own frame; `nil` for what has no stack.
    package var frame: Frame?
    /// `nil` where there is nothing to compare with.
    package var before: ByteCount?
    package var now: ByteCount
    /// Two standard errors of the growth.
    package var error: ByteCount

    package init(frame: Frame?, before: ByteCount?, now: ByteCount, error: ByteCount = 0) {
        self.frame = frame
        self.before = before
        self.now = now
        self.error = error
    }

    package var growth: ByteCount { ByteCount(now.rawValue &- (before ?? 0).rawValue) }
}
