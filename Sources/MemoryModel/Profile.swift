/// Which code holds, pins and left memory: what the exports (pprof, flame graphs, …) are made of.
///
/// Every number is an estimate from samples; see ``SampledHeap``.
package struct Profile: Hashable, Sendable, Codable {
    package var process: ProcessFacts
    /// When it was taken, in nanoseconds since 1970 (UTC); `nil` where it is not known.
    package var time: Int64?
    /// Mean distance between samples, in bytes of chunks; 1: every allocation is a sample.
    package var mean: Int
    /// How many sampled blocks, live and freed, the estimates are made of.
    package var sampleCount: Int
    /// The program's file first, where it is known; the rest in the order of their names.
    package var modules: [Module]
    /// One for each stack and tag, none of them without a value; the largest ``Quantity/space`` first.
    package var samples: [Sample]

    package init(
        process: ProcessFacts, time: Int64? = nil, mean: Int = 512 << 10, sampleCount: Int = 0, modules: [Module] = [],
        samples: [Sample] = []
    ) {
        self.process = process
        self.time = time
        self.mean = mean
        self.sampleCount = sampleCount
        self.modules = modules
        self.samples = samples
    }

    /// The sum over all samples.
    package var total: Values {
        samples.reduce(into: Values()) { $0.add($1.values) }
    }
}

extension Profile {
    /// What is measured. The raw value is its name in every export.
    package enum Quantity: String, CaseIterable, Sendable, Codable {
        /// Blocks that the program holds.
        case objects
        /// Bytes of chunks that the program holds, resident or not.
        case space
        /// The part of `space` that lies on resident pages.
        case residentSpace = "resident_space"
        /// Bytes of freed chunks on resident pages without a live byte: what the code left behind.
        case retainedSpace = "retained_space"
        /// Free bytes on resident pages that the code's live blocks keep resident.
        case pinnedSpace = "pinned_space"

        /// Whether it counts blocks; bytes otherwise.
        package var isCount: Bool { self == .objects }
    }

    /// An estimate for each quantity, never negative.
    package struct Values: Hashable, Sendable, Codable {
        private var estimates = [Double](repeating: 0, count: Quantity.allCases.count)

        package init() {}

        /// Quantities that are not named are 0.
        package init(_ estimates: KeyValuePairs<Quantity, Double>) {
            for (quantity, estimate) in estimates { self[quantity] = estimate }
        }

        package subscript(quantity: Quantity) -> Double {
            get { estimates[quantity.index] }
            set { estimates[quantity.index] = newValue }
        }

        package var isZero: Bool { estimates.allSatisfy { $0 == 0 } }

        package mutating func add(_ other: Values) {
            for index in estimates.indices { estimates[index] += other.estimates[index] }
        }

        /// The nearest whole number, at most 2^53: what a JSON reader holds exactly.
        package func rounded(_ quantity: Quantity) -> Int {
            let most = Double(1 << 53)
            let estimate = self[quantity]
            return estimate.isNaN ? 0 : Int(min(max(estimate, 0), most).rounded())
        }
    }

    /// What the blocks of one call site under one tag come to.
    package struct Sample: Hashable, Sendable, Codable {
        /// The stack, innermost frame first; empty where it is not known.
        package var frames: [Frame]
        /// Whether frames are missing at the stack's outer end.
        package var isCut: Bool
        /// What the program was at, as it said itself (`silt_tag_push`).
        package var tag: String?
        package var values: Values

        package init(frames: [Frame], isCut: Bool = false, tag: String? = nil, values: Values) {
            self.frames = frames
            self.isCut = isCut
            self.tag = tag
            self.values = values
        }
    }

    /// A file of machine code that frames lie in.
    package struct Module: Hashable, Sendable, Codable {
        /// As ``Frame/module`` names it.
        package var path: String
        /// Of its note, in hexadecimal digits; empty where it is not known.
        package var buildID: String

        package init(path: String, buildID: String = "") {
            self.path = path
            self.buildID = buildID
        }
    }
}

extension Profile.Quantity {
    /// Its place in `allCases`.
    package var index: Int {
        switch self {
        case .objects: 0
        case .space: 1
        case .residentSpace: 2
        case .retainedSpace: 3
        case .pinnedSpace: 4
        }
    }
}
