import MemoryModel
import Testing

@Suite struct `The recommended setting` {
    /// Runs of so many MiB at the end and so many seconds.
    private static func setting(
        _ name: String, _ runs: [(mebibytes: Int, seconds: Double)], failure: String? = nil
    ) -> Comparison.Setting {
        var setting = Comparison.Setting(name: name)
        setting.failure = failure
        setting.runs = runs.map { run in
            Comparison.Run(
                peak: .mebibytes(300), final: .mebibytes(run.mebibytes), retained: 0, fragmented: 0,
                seconds: run.seconds)
        }
        return setting
    }

    private static func recommended(_ others: Comparison.Setting...) -> String? {
        Comparison(command: ["c"], settings: [setting("as it is", [(200, 10), (202, 10)])] + others).recommended?.name
    }

    @Test func `leaves least of those that save`() {
        let (some, more) = (Self.setting("some", [(100, 10)]), Self.setting("more", [(20, 10)]))
        #expect(Self.recommended(some, more) == "more" && Self.recommended(more, some) == "more")
        #expect(Self.recommended() == nil && Self.recommended(Self.setting("worse", [(300, 1)])) == nil)
    }

    @Test(arguments: [(191, false), (190, true)])
    func `saves a twentieth at least`(mebibytes: Int, isRecommended: Bool) {
        #expect((Self.recommended(Self.setting("a", [(mebibytes, 10)])) != nil) == isRecommended)
    }

    @Test(arguments: [(11.0, true), (11.1, false)])
    func `takes a tenth longer at most`(seconds: Double, isRecommended: Bool) {
        #expect((Self.recommended(Self.setting("a", [(20, seconds)])) != nil) == isRecommended)
    }

    @Test func `saves more than its runs differ by, and has not failed`() {
        #expect(Self.recommended(Self.setting("a", [(100, 10), (205, 10)])) == nil)
        #expect(Self.recommended(Self.setting("a", [(20, 10)], failure: "exit 7")) == nil)
    }
}
