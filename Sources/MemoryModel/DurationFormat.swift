extension Double {
    /// These seconds for people, in one unit: `40 s`, `12 min`, `3 h`, `5 d`.
    package var secondsText: String {
        guard isFinite, self >= 0, self < 1e12 else { return "an unknown time" }
        switch self {
        case ..<0.9995: return "\((self * 1000).fixed(0)) ms"
        case ..<9.95: return "\(fixed(1)) s"
        case ..<99.5: return "\(fixed(0)) s"
        case ..<5_970: return "\((self / 60).fixed(0)) min"
        case ..<171_000: return "\((self / 3_600).fixed(0)) h"
        default: return "\((self / 86_400).fixed(0)) d"
        }
    }
}
