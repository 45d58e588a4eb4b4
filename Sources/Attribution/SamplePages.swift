import MemoryModel

extension HeapSample {
    /// How many blocks it stands for: one over the probability of its being sampled.
    func weight(mean: Int) -> Double {
        mean <= 1 ? 1 : 1 / probability(ofDistance: Double(max(1, bytes.rawValue)) / Double(mean))
    }
}

/// `1 - exp(-x)` for a positive `x`, to 14 digits.
///
/// The standard library has no exponential, and this module imports no other. With `p(x) = 1 - exp(-x)`:
/// `p(2x) = p(x) (2 - p(x))`; below 1/32 the power series ends after 7 terms.
private func probability(ofDistance distance: Double) -> Double {
    guard distance < 40 else { return 1 }
    var part = distance
    var doublings = 0
    while part >= 1.0 / 32 {
        part /= 2
        doublings += 1
    }
    var result = 0.0
    var term = -1.0
    for order in 1...7 {
        term *= -part / Double(order)
        result += term
    }
    for _ in 0..<doublings { result *= 2 - result }
    return result
}

/// The pages that samples lie on, looked up in ascending order of the samples' addresses.
struct SamplePages {
    private var residency: Residency
    private var live: LiveBytes

    init(residency: [ResidencyRun], witness: HeapWitness) {
        self.residency = Residency(residency)
        live = LiveBytes(witness)
    }

    /// What a live block has on resident pages, and the free bytes there that fall to its share.
    mutating func held(by sample: HeapSample) -> (resident: Int, pinned: Double) {
        let start = sample.address.rawValue
        let (end, wraps) = start.addingReportingOverflow(UInt64(sample.bytes.rawValue))
        let range = AddressRange(start: sample.address, end: Address(wraps ? start : end))
        var resident = 0
        var pinned = 0.0
        live.forEachRun(in: range.granules) { run, live in
            let count = residency.count(in: run).resident
            guard count > 0 else { return }
            if run.count == 1 {
                let granule = Granule(run.lowerBound)
                let part = range.intersection(AddressRange(start: granule.start, end: granule.end)).count.rawValue
                resident += part
                if live > 0 { pinned += Double(part) * Double(granuleBytes - live) / Double(live) }
            } else {
                resident += count * granuleBytes
            }
        }
        return (resident, pinned)
    }

    /// Whether a page is resident and nothing on it is live.
    mutating func isRetained(_ granule: Granule) -> Bool {
        guard granule.index < endOfUserSpace else { return false }
        var isFree = false
        let page = granule.index..<granule.index + 1
        live.forEachRun(in: page) { _, live in isFree = live == 0 }
        return isFree && residency.count(in: page).resident > 0
    }
}
