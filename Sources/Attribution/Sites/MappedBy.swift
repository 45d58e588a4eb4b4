import MemoryModel

/// Who mapped it: the program's own mappings of 1 MiB and more, each with its stack. Nothing is estimated.
extension SampledBlocks {
    /// - Parameter resident: the bytes of the row `mappings` for each of the witness's own mappings.
    func mapping(_ ownMappings: [OwnedRange], resident: [Int], _ table: SiteTable, limit: Int) -> [MappingSite] {
        let stacks = Dictionary(
            heap.mappings.lazy.filter { heap.stacks.indices.contains($0.stack) }.map { ($0.range.start, $0.stack) },
            uniquingKeysWith: { first, _ in first })
        var sites: [Int: (bytes: Int, count: Int, stacks: [Int: Int])] = [:]
        for (mapping, bytes) in zip(ownMappings, resident) where bytes > 0 {
            guard let stack = stacks[mapping.range.start], let site = table.site(ofStack: stack) else { continue }
            sites[site, default: (0, 0, [:])].bytes += bytes
            sites[site, default: (0, 0, [:])].count += 1
            sites[site, default: (0, 0, [:])].stacks[stack, default: 0] += bytes
        }
        return sites.sorted { ($1.value.bytes, $0.key) < ($0.value.bytes, $1.key) }.prefix(limit).map { _, site in
            let heaviest = site.stacks.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
            return MappingSite(
                frames: heaviest.map { table.frames(ofStack: $0, whole: false) } ?? [], bytes: ByteCount(site.bytes),
                count: site.count)
        }
    }
}
