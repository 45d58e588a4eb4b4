package import ProcFS

/// How a process is read.
package struct CaptureOptions: Sendable {
    /// Hold every thread still for the reading.
    package var stops = false
    /// Read glibc's arenas in the target's memory, where the kernel allows it.
    package var readsMemory = true
    /// Read the sampled allocations and name their code: much work, next to which the books are little.
    package var readsSamples = true
    package var residency = ResidencySource.automatic

    package init(
        stops: Bool = false, readsMemory: Bool = true, readsSamples: Bool = true,
        residency: ResidencySource = .automatic
    ) {
        self.stops = stops
        self.readsMemory = readsMemory
        self.readsSamples = readsSamples
        self.residency = residency
    }
}
