package import MemoryModel

/// How the answers about code are put.
package struct SiteOptions: Hashable, Sendable {
    package var grouping: SiteAnswer.Grouping
    /// The most groups of each answer.
    package var limit: Int

    package init(by grouping: SiteAnswer.Grouping = .site, limit: Int = 5) {
        self.grouping = grouping
        self.limit = limit
    }
}
