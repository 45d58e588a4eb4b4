package import MemoryModel

/// Made-up comparisons.
extension Sample {
    /// Two settings that help, one that is slow, one that fails, and one that is missing.
    package static let comparison: Comparison = {
        func setting(
            _ name: String, _ environment: [String], final: [Int], seconds: Double, isGlibc: Bool = true
        ) -> Comparison.Setting {
            var setting = Comparison.Setting(name: name, environment: environment)
            setting.isGlibc = isGlibc
            setting.runs = final.enumerated().map { round, final in
                Comparison.Run(
                    peak: .mebibytes(final + 10), final: .mebibytes(final), retained: .mebibytes(final / 2),
                    fragmented: .kibibytes(final), seconds: seconds + Double(round) / 100)
            }
            return setting
        }
        var tcmalloc = setting(
            "tcmalloc", ["LD_PRELOAD=/usr/lib/libtcmalloc.so"], final: [9], seconds: 0.1, isGlibc: false)
        tcmalloc.failure = "the command ended with status 3"
        return Comparison(
            command: retention.process.command,
            settings: [
                setting("as it is", [], final: [120, 118, 123], seconds: 2),
                setting("ARENA_MAX=2", ["MALLOC_ARENA_MAX=2"], final: [64, 63, 66], seconds: 2.02),
                setting("thresholds", ["MALLOC_TRIM_THRESHOLD_=131072"], final: [50, 51, 52], seconds: 3),
                setting(
                    "jemalloc", ["LD_PRELOAD=/usr/lib/libjemalloc.so.2"], final: [80, 119, 80], seconds: 1.9,
                    isGlibc: false),
                tcmalloc,
            ], skipped: ["mimalloc"], processes: 3)
    }()
}
