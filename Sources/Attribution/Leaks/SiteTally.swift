import MemoryModel

/// The sums of one site while its stacks and samples come in.
struct SiteTally {
    private var trend: GroupTrend
    private var born = 0.0
    private var died = 0.0
    private var bytes = Estimator()
    /// Live samples, or mappings.
    private(set) var count = 0
    private var oldest: Double?
    /// Of live samples: age, the bytes that each stands for, and the variance of those.
    private var ages: [(age: Double, bytes: Double, variance: Double)] = []
    private var stacks: [Int: Double] = [:]

    init(_ seen: SeenTime) { trend = GroupTrend(seen) }

    mutating func add(_ history: StackHistory) {
        trend.add(history)
        born += Double(history.born)
        died += Double(history.died)
    }

    mutating func add(_ sample: HeapSample, age: Double, mean: Int) {
        let probability = samplingProbability(of: sample.bytes, mean: mean)
        var one = Estimator()
        one.add(Double(sample.bytes.rawValue), probability: probability)
        bytes.add(Double(sample.bytes.rawValue), probability: probability)
        ages.append((age, one.sum, one.variance))
        oldest = max(oldest ?? 0, age)
        count += 1
        if let stack = sample.stack { stacks[stack, default: 0] += one.sum }
    }

    mutating func add(_ mapping: SampledMapping) {
        let count = Double(mapping.range.count.rawValue)
        bytes.add(count, probability: 1)
        self.count += 1
        stacks[mapping.stack, default: 0] += count
    }

    /// - Parameter kind: Of what: blocks have ages, mappings have none.
    func evidence(_ kind: StackHistory.Kind, mean: Int) -> LeakEvidence {
        let seen = trend.seen
        // What one of them stands for, in the mean.
        let weight = bytes.sum / Double(max(count, 1))
        guard weight > 0 else { return LeakEvidence(trend: trend, survival: 0, samplingVariance: { _ in 0 }) }
        var survival = probability(ofKeeping: (born - died) / weight, of: born / weight)
        guard kind == .blocks else {
            return LeakEvidence(trend: trend, survival: survival, samplingVariance: { _ in 0 })
        }
        let middle = seen.age(ofEnd: seen.middle)
        let kept = ages.reduce(0) { $0 + ($1.age >= middle ? $1.bytes : 0) }
        let held = max(trend.level(at: seen.middle), kept)
        survival = max(survival, probability(ofKeeping: kept / weight, of: held / weight))
        return LeakEvidence(trend: trend, survival: survival) { interval in
            samplingVariance(since: interval, mean: mean)
        }
    }

    /// Of live now less live then: what lives from then till now is the same in both, and has no part in it. Of what was
    /// born since, each sample's variance is known; of what died since, none is more than the mean times its bytes.
    private func samplingVariance(since interval: Int, mean: Int) -> Double {
        guard mean > 1 else { return 0 }
        let time = trend.seen.age(ofEnd: interval)
        var born = 0.0
        var variance = 0.0
        for sample in ages where sample.age < time {
            born += sample.bytes
            variance += sample.variance
        }
        let died = max(0, trend.level(at: interval) + born - trend.live)
        return variance + died * Double(mean)
    }

    func group(
        _ word: LeakGroup.Word, _ kind: StackHistory.Kind, _ evidence: LeakEvidence, _ table: SiteTable
    ) -> LeakGroup {
        let heaviest = stacks.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        return LeakGroup(
            word: word, kind: kind == .blocks ? .heap : .mappings,
            frames: heaviest.map { table.frames(ofStack: $0, whole: false) } ?? [], bytes: bytes.estimate(),
            growth: evidence.growth, score: evidence.score, oldestSeconds: oldest, count: count)
    }
}
