import MemoryModel

/// The sums of one group while its shares come in.
struct GroupTally {
    private(set) var bytes = Estimator()
    private var blocks = Estimator()
    private var live = Estimator()
    private var kept = Estimator()
    private(set) var samples = 0
    /// Estimated bytes of each stack.
    private var stacks: [Int: Double] = [:]
    /// When blocks were freed, and how many bytes of the answer were.
    private var freed: [(time: UInt64, bytes: Double)] = []

    mutating func add(_ share: Share) {
        let probability = share.probability
        bytes.add(share.bytes, probability: probability, ownVariance: share.ownVariance)
        blocks.add(share.blocks, probability: probability)
        live.add(Double(share.sample.bytes.rawValue), probability: probability)
        kept.add(share.kept, probability: probability, ownVariance: share.keptVariance)
        samples += 1
        if let stack = share.sample.stack { stacks[stack, default: 0] += share.bytes / probability }
        if let time = share.sample.freed { freed.append((time, share.bytes / probability)) }
    }

    /// Of `bytes`.
    func estimate(_ spread: PinnedSpread?) -> Estimate { bytes.estimate(least: spread?.error(of: bytes.sum) ?? 0) }

    func group(
        _ key: GroupKey, question: SiteAnswer.Question, by grouping: SiteAnswer.Grouping, _ table: SiteTable,
        _ spread: PinnedSpread?, age: (UInt64) -> Double
    ) -> SiteGroup {
        let heaviest = stacks.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        return SiteGroup(
            name: key.name,
            frames: heaviest.map { table.frames(ofStack: $0, whole: grouping == .stack) } ?? [],
            bytes: estimate(spread), blocks: blocks.estimate(), live: question == .pins ? live.estimate() : nil,
            kept: question == .left ? kept.estimate() : nil,
            freed: question == .left ? freedAges(age) : nil, samples: samples)
    }

    private func freedAges(_ age: (UInt64) -> Double) -> SiteGroup.Freed? {
        let times = freed.sorted { $0.time < $1.time }
        guard let latest = times.last else { return nil }
        let half = times.reduce(0) { $0 + $1.bytes } / 2
        var sum = 0.0
        let median = times.first { entry in
            sum += entry.bytes
            return sum >= half
        }
        return SiteGroup.Freed(
            medianSeconds: age((median ?? latest).time), latestSeconds: age(latest.time))
    }
}
