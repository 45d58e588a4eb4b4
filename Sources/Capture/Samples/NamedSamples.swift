internal import MemoryModel
internal import Segment

extension SampledHeap {
    /// The samples with names in place of addresses: pure, all reading is done.
    ///
    /// - Parameters:
    ///   - used: Indices of the stacks that anything refers to, ascending.
    ///   - library: The path of the shim.
    init(
        _ samples: SegmentSamples, mappings: [SegmentBooks.OwnMapping], used: [Int], names: FrameNames,
        pythonNames: PythonFrameNames, library: String, readAt: UInt64 = 0
    ) {
        self.init(
            mean: samples.mean, tags: samples.tags, buildIDs: names.buildIDs, dropped: samples.dropped,
            withoutStack: samples.withoutStack,
            degraded: samples.degradedIdentifiers)
        self.readAt = readAt
        let folding = PythonFolding(named: names.all)
        var budget = Self.mostFrames
        var place: [Int: Int] = [:]
        for index in used {
            guard let stack = samples.stacks[index] else { continue }
            let native = AllocatorFrames.cut(samples.programFrames(of: stack).map { names[$0] }, library: library)
            let python = samples.pythonFrames(of: stack).map {
                PythonFolding.Entered(frame: pythonNames[$0], isEntry: $0.isEntry)
            }
            let frames = folding.merged(native: native, python: python)
            budget -= frames.count
            guard budget >= 0 else {
                degraded.append("frames-full")
                break
            }
            guard !frames.isEmpty else { continue }
            place[index] = stacks.count
            stacks.append(SampledStack(frames: frames, isCut: stack.isCut))
        }
        live = samples.live.map { $0.moved(to: place) }
        left = samples.left.map { $0.moved(to: place) }
        self.mappings = mappings.compactMap { mapping in
            mapping.stack.flatMap { place[$0] }.map { SampledMapping(range: mapping.range, stack: $0) }
        }
        history = samples.history(until: readAt, place: place)
    }

    /// On all stacks together: some 400 MB. A hundred thousand stacks of a true program have 3 million; a segment may
    /// claim that each of a million is made of 64 frames with 64 functions inlined in each.
    private static let mostFrames = 1 << 22
}

extension HeapSample {
    fileprivate func moved(to place: [Int: Int]) -> HeapSample {
        var sample = self
        sample.stack = stack.flatMap { place[$0] }
        return sample
    }
}

extension SegmentSamples {
    /// The stacks that a sample or a mapping refers to, ascending.
    func usedStacks(mappings: [SegmentBooks.OwnMapping]) -> [Int] {
        var used = Set(live.lazy.compactMap(\.stack))
        used.formUnion(left.lazy.compactMap(\.stack))
        used.formUnion(mappings.lazy.compactMap(\.stack).filter { stacks.indices.contains($0) && stacks[$0] != nil })
        return used.sorted()
    }

    /// The identifiers of `SampledHeap.degraded`.
    var degradedIdentifiers: [String] {
        let reasons: [(Bool, String)] = [
            (unwinder == .missing, "no-unwinder"), (unwinder == .stopped, "unwinder-stopped"),
            (unwinder == .unsafe, "unwinder-unsafe"),
            (dropped > 0, "samples-full"), (isOutOfStacks && withoutStack > 0, "stacks-full"),
            (python == .unknown, "python-unknown"), (invalid > 0, "samples-damaged"),
        ]
        return reasons.filter(\.0).map(\.1)
    }
}
