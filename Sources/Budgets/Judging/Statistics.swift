extension [Double] {
    /// The middle one, or halfway between the two in the middle; 0 of none.
    var median: Double {
        let sorted = sorted()
        guard let last = sorted.indices.last else { return 0 }
        return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
    }

    var spread: ClosedRange<Double> { (self.min() ?? 0)...(self.max() ?? 0) }

    /// The standard deviation of what these are a sample of; 0 of fewer than two.
    var deviation: Double {
        guard count > 1 else { return 0 }
        let mean = reduce(0, +) / Double(count)
        return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
    }
}
