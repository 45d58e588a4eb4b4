/// How the live heap moved while a process was observed.
package struct Growth: Hashable, Sendable {
    /// From the first reading to the last.
    package var seconds: Double
    /// Live bytes at the first reading.
    package var liveAtStart: ByteCount
    /// Live bytes at the last reading.
    package var liveAtEnd: ByteCount
    /// Whether they ever fell by more than 5 % of their peak.
    package var everFell: Bool

    package init(seconds: Double, liveAtStart: ByteCount, liveAtEnd: ByteCount, everFell: Bool) {
        self.seconds = seconds
        self.liveAtStart = liveAtStart
        self.liveAtEnd = liveAtEnd
        self.everFell = everFell
    }
}
