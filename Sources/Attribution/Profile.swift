package import MemoryModel

extension Snapshot {
    /// The sampled heap as a profile, `nil` where nothing was sampled.
    ///
    /// Each value is the sum, over the samples of one stack and tag, of what the sample has of it over the probability
    /// of its being sampled: of itself and its bytes, of those on resident pages, and what ``SampledBlocks`` says that
    /// it pins and left. So where every block is a sample, `resident_space` is `heap.live`, and `pinned_space` is
    /// `heap.fragmented`.
    ///
    /// - Parameter time: When the snapshot was taken, in nanoseconds since 1970.
    package func profile(time: Int64? = nil) -> Profile? {
        guard let witness = heap, let sampled = witness.sampled else { return nil }
        let blocks = SampledBlocks(sampled)
        let partition = Partition(self)
        let probes = Sweep(partition, residency: residency, witness: witness, probing: blocks.granules).probes
        var tally = ProfileTally()
        for share in blocks.holding() {
            tally.add(1, to: .objects, share)
            tally.add(share.bytes, to: .space, share)
        }
        for share in blocks.residing(residency) { tally.add(share.bytes, to: .residentSpace, share) }
        for share in blocks.pinning(probes) { tally.add(share.bytes, to: .pinnedSpace, share) }
        for share in blocks.leaving(probes) { tally.add(share.bytes, to: .retainedSpace, share) }
        let samples = tally.samples(of: sampled)
        return Profile(
            process: process, time: time, mean: max(sampled.mean, 1),
            sampleCount: blocks.live.count + blocks.left.count, modules: modules(of: samples, sampled.buildIDs),
            samples: samples)
    }

    /// The modules that frames lie in: the program's own file, which maps names first, then the rest by name.
    private func modules(of samples: [Profile.Sample], _ buildIDs: [String: String]) -> [Profile.Module] {
        let paths = Set(samples.lazy.flatMap(\.frames).map(\.module)).subtracting([""])
        let program = mappings.first { $0.inode != 0 && paths.contains($0.name) }?.name
        let rest = paths.filter { $0 != program }.sorted()
        return ([program].compactMap(\.self) + rest).map { path in
            Profile.Module(path: path, buildID: buildIDs[path] ?? "")
        }
    }
}

/// The values of each stack and tag while they come in.
private struct ProfileTally {
    private struct Key: Hashable, Comparable {
        var stack: Int?
        var tag: Int?

        static func < (left: Key, right: Key) -> Bool {
            (left.stack ?? -1, left.tag ?? -1) < (right.stack ?? -1, right.tag ?? -1)
        }
    }

    private var values: [Key: Profile.Values] = [:]

    mutating func add(_ amount: Double, to quantity: Profile.Quantity, _ share: Share) {
        let key = Key(stack: share.sample.stack, tag: share.sample.tag)
        values[key, default: Profile.Values()][quantity] += amount / share.probability
    }

    /// The largest first.
    func samples(of heap: SampledHeap) -> [Profile.Sample] {
        let sorted = values.filter { !$0.value.isZero }
            .sorted { ($1.value[.space], $0.key) < ($0.value[.space], $1.key) }
        return sorted.map { key, values in
            let stack = key.stack.map { heap.stacks[$0] }
            return Profile.Sample(
                frames: stack?.frames ?? [], isCut: stack?.isCut ?? false, tag: key.tag.map { heap.tags[$0] },
                values: values)
        }
    }
}
