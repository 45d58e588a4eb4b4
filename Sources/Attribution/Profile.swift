package import MemoryModel

extension Snapshot {
    /// The sampled heap as a profile, `nil` where nothing was sampled.
    ///
    /// Over the samples of one stack and tag, each with its weight `w` (see ``SampledHeap``):
    ///
    ///     objects         = Σ w                                                            live samples
    ///     space           = Σ w × bytes                                                    live samples
    ///     resident_space  = Σ w × bytes on resident granules                               live samples
    ///     pinned_space    = Σ w × Σg (bytes on g) × (4096 - live(g)) / live(g)             g resident
    ///     retained_space  = Σ w × bytes / points, where live(g) = 0                        g resident, left samples
    ///
    /// Where every block is sampled, `pinned_space` adds up to the free bytes of all resident granules with a live byte.
    ///
    /// - Parameter time: When the snapshot was taken, in nanoseconds since 1970.
    package func profile(time: Int64? = nil) -> Profile? {
        guard let witness = heap, let sampled = witness.sampled else { return nil }
        var values: [SiteKey: Profile.Values] = [:]
        var pages = SamplePages(residency: residency, witness: witness)
        for sample in sampled.live.sorted(by: { $0.address < $1.address }) where sample.bytes > 0 {
            let weight = sample.weight(mean: sampled.mean)
            let held = pages.held(by: sample)
            values[SiteKey(sample), default: Profile.Values()].add([
                .objects: weight, .space: weight * Double(sample.bytes.rawValue),
                .residentSpace: weight * Double(held.resident), .pinnedSpace: weight * held.pinned,
            ])
        }
        pages = SamplePages(residency: residency, witness: witness)
        for sample in sampled.left.sorted(by: { $0.address < $1.address }) where sample.bytes > 0 {
            guard pages.isRetained(sample.address.granule) else { continue }
            let share = Double(sample.bytes.rawValue) / Double(max(1, sample.points))
            values[SiteKey(sample), default: Profile.Values()].add([
                .retainedSpace: sample.weight(mean: sampled.mean) * share
            ])
        }
        let samples = values.filter { !$0.value.isZero }
            .sorted { ($1.value[.space], $0.key) < ($0.value[.space], $1.key) }
            .map { sampled.sample($0.key, $0.value) }
        return Profile(
            process: process, time: time, mean: sampled.mean, sampleCount: sampled.live.count + sampled.left.count,
            modules: modules(of: samples), samples: samples)
    }

    /// The modules that frames lie in: the program's own file, which maps names first, then the rest by name.
    private func modules(of samples: [Profile.Sample]) -> [Profile.Module] {
        let paths = Set(samples.lazy.flatMap(\.frames).map(\.module)).subtracting([""])
        let program = mappings.first { $0.inode != 0 && paths.contains($0.name) }?.name
        let rest = paths.filter { $0 != program }.sorted()
        return ([program].compactMap(\.self) + rest).map { Profile.Module(path: $0) }
    }
}

/// What samples are told apart by.
private struct SiteKey: Hashable, Comparable {
    var stack: Int?
    var tag: Int?

    init(_ sample: HeapSample) {
        stack = sample.stack
        tag = sample.tag
    }

    static func < (left: SiteKey, right: SiteKey) -> Bool {
        (left.stack ?? -1, left.tag ?? -1) < (right.stack ?? -1, right.tag ?? -1)
    }
}

extension SampledHeap {
    /// Indices that a damaged snapshot has out of range are taken for none.
    fileprivate func sample(_ key: SiteKey, _ values: Profile.Values) -> Profile.Sample {
        let stack = key.stack.flatMap { stacks.indices.contains($0) ? stacks[$0] : nil }
        let tag = key.tag.flatMap { tags.indices.contains($0) ? tags[$0] : nil }
        return Profile.Sample(frames: stack?.frames ?? [], isCut: stack?.isCut ?? false, tag: tag, values: values)
    }
}

extension Profile.Values {
    fileprivate mutating func add(_ more: KeyValuePairs<Profile.Quantity, Double>) {
        for (quantity, estimate) in more { self[quantity] += estimate }
    }
}
