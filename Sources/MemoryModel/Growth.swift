/// How the live heap moved while a process was observed.
package struct Growth: Hashable, Sendable {
    /// From the first reading to the last.
    package var seconds: Double
    /// Live bytes at the first reading.
    package var liveAtStart: ByteCount
    /// Live bytes at the last reading.
    package var liveAtEnd: ByteCount
    /// Live bytes when three quarters of the time had passed.
    package var liveBeforeLastQuarter: ByteCount
    /// Whether they ever fell by more than 5 % of their peak.
    package var everFell: Bool

    /// - Parameter liveBeforeLastQuarter: As if they had moved steadily, where it is not known.
    package init(
        seconds: Double, liveAtStart: ByteCount, liveAtEnd: ByteCount, liveBeforeLastQuarter: ByteCount? = nil,
        everFell: Bool
    ) {
        // Divided first, so that no figure is too large for it.
        let steady = ByteCount(liveAtStart.rawValue / 4 + liveAtEnd.rawValue / 4 * 3)
        self.seconds = seconds
        self.liveAtStart = liveAtStart
        self.liveAtEnd = liveAtEnd
        self.liveBeforeLastQuarter = liveBeforeLastQuarter ?? steady
        self.everFell = everFell
    }
}
