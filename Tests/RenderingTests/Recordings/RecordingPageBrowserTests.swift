import Foundation
import MemoryModel
import Rendering
import Testing

/// The page of a recording in headless Chromium: `Browser/drive.py` tells what a step can be.
@Suite(.enabled(if: Browser.isInstalled, "Chromium is installed"), .serialized)
struct `A recording in a browser` {
    private static let answer = text("#answer")
    private static let title = text("#moment-title")
    private static let ledger =
        "[...document.querySelectorAll('#ledger tr')].map((row) => "
        + "[...row.cells].slice(0, 3).map((cell) => cell.textContent).join(' ').trim()).join('|')"
    private static let flags = "[...document.querySelectorAll('.flag text')].map((flag) => flag.textContent).join('|')"
    private static let tip = "[...tip.querySelectorAll('tr')].map((row) => row.cells[0].textContent).join('|')"
    private static let isNarrow = "document.documentElement.scrollWidth <= innerWidth"

    private static func text(_ selector: String) -> String { "document.querySelector('\(selector)').textContent" }

    private func look(_ recording: Recording, _ steps: [BrowserStep]) throws -> [BrowserValue] {
        try Browser.look(at: recording.page(), steps)
    }

    /// A step that asks.
    private func ask(_ expression: String) -> BrowserStep { ("evaluate", expression) }

    @Test func `answers at the top, light and dark, and fits every window and paper`() throws {
        let values = try look(
            RecordingSample.worker,
            [
                ask(Self.answer), ask(Self.text("#facts")), ask("document.getElementById('warnings').children.length"),
                ask(Self.text("#figures .card:nth-child(1)")), ask(Self.text("#figures .card:nth-child(2)")),
                ask(Self.isNarrow), ("page", "recording-light.png"), ("scheme", "dark"), ("page", "recording-dark.png"),
                ("scheme", "light"), ("size", [390, 844]), ask(Self.isNarrow), ("page", "recording-narrow.png"),
                ("size", [794, 1123]), ("media", "print"), ask(Self.isNarrow), ("page", "recording-print.png"),
            ])
        #expect(
            values == [
                "At its peak healthy; at the end retention, 184 MiB (74.5 % of RSS).",
                "succeeded after 12.5 s · 3 processes · 2025-11-27 20:00 UTC · silt 0.1.0", 0,
                "RSS at its peak249 MiBafter 7.00 s, the kernel saw 259 MiB",
                "RSS at the end247 MiB10.0 MiB of live heap", true, true, true,
            ])
    }

    @Test func `shows the ledger of the moment that is chosen, by click and by key`() throws {
        let values = try look(
            RecordingSample.worker,
            [
                ask(Self.title), ask(Self.ledger), ("click", "#moments label:nth-of-type(2)"), ask(Self.title),
                ask(Self.ledger), ask("document.querySelectorAll('#code .callee')[0].textContent"),
                ("click", ".flag.mark text"), ask(Self.title), ("click", "#moments label:nth-of-type(1)"),
                ("key", "ArrowRight"), ask(Self.title),
                ask(Self.text(".flag.chosen text")),
                // What is seen is what was measured, row by row: the sum and the height of the stack.
                ask(
                    "data.processes[0].moments.every((moment) => moment.causes.reduce((a, b) => a + b) === moment.rss)"),
                ask("courses[0].looks.every((look) => Math.abs(look.edges[untold] - look.rss) <= 1)"),
            ])
        #expect(
            values == [
                "At the end, after 12.4 s",
                .string(
                    "resident of RSS|heap 230 MiB 93.2 %|live 10.0 MiB 4.05 %|retained 184 MiB 74.5 %|kept 6.57 MiB 2.66 %|fragmented 29.5 MiB 11.9 %|mappings 9.00 MiB 3.65 %|"
                        + "stacks 132 KiB 0.05 %|module-data 1.39 MiB 0.56 %|files 5.68 MiB 2.30 %|silt 640 KiB 0.25 %|kernel 4.00 KiB < 0.01 %|unexplained 0 B 0 %|sum 247 MiB 100 %"
                ),
                "At its peak, after 7.00 s",
                .string(
                    "resident of RSS|heap 232 MiB 93.2 %|live 231 MiB 92.8 %|retained 0 B 0 %|kept 0 B 0 %|fragmented 1.00 MiB 0.40 %|mappings 9.00 MiB 3.62 %|"
                        + "stacks 132 KiB 0.05 %|module-data 1.39 MiB 0.56 %|files 5.68 MiB 2.28 %|silt 640 KiB 0.25 %|kernel 4.00 KiB < 0.01 %|unexplained 0 B 0 %|sum 249 MiB 100 %"
                ),
                "ingest::Parser::row parser.cpp:88", "At “warm”, after 2.50 s", "At its peak, after 7.00 s",
                "peak 249 MiB",
                true, true,
            ])
    }

    @Test func `draws marks, peak and end, and the rows under the pointer`() throws {
        let values = try look(
            RecordingSample.worker,
            [
                ask(Self.flags), ask("document.querySelectorAll('.layer').length"),
                ask("[...document.querySelectorAll('#legend li')].map((one) => one.textContent).join('|')"),
                ("hover", "#chart"), ask("!tip.hidden"), ask(Self.tip), ask(Self.text("#tip .when")),
                ask("tip.textContent.includes('an estimate') !== courses[0].looks[looked].isRead"),
                ("screenshot", "recording-pointer.png"), ("hover", "h1"), ask("tip.hidden"),
                ("click", "#chart"), ask(Self.title), ("key", "End"), ask(Self.text("#tip .when")), ("key", "Escape"),
                ask("tip.hidden"),
            ])
        #expect(
            values == [
                "warm|peak 249 MiB|decoded|most free heap 247 MiB|end 247 MiB", 13,
                "not told apart|retained|kept|fragmented|live|mappings|stacks|silt|kernel|module-data|files", true,
                "fragmented|live|mappings|stacks|silt|kernel|module-data|files", "5.92 sRSS 196 MiB", true, true,
                "At its peak, after 7.00 s", "12.4 sRSS 247 MiB", true,
            ])
    }

    @Test func `switches between processes, the largest first`() throws {
        let values = try look(
            RecordingSample.worker,
            [
                ask("[...document.querySelectorAll('#processes .pid')].map((one) => one.textContent).join('|')"),
                ("click", "#processes label:nth-of-type(2)"), ask(Self.answer), ask(Self.title),
                ("key", "ArrowDown"), ask(Self.answer), ask("document.getElementById('moment').hidden"),
                ("screenshot", "recording-process.png"),
            ])
        #expect(
            values == [
                "4242|4250|4251", "At its peak healthy.", "At its peak, after 9.40 s", "No whole reading was taken.",
                true,
            ])
    }

    @Test func `says that it is cut off, and leaves gaps open`() throws {
        let values = try look(
            RecordingSample.cutOff,
            [
                ask(Self.text("#warnings li")), ask(Self.text("#facts")), ask("courses[0].runs.length"),
                ask("document.querySelectorAll('rect.gap').length"), ask(Self.text("text.gap")), ask(Self.answer),
                ("page", "recording-cut-off.png"),
            ])
        #expect(
            values == [
                .string(
                    "The recording was cut off after 10.9 s, before the command ended: silt was killed, or the file was "
                        + "not copied whole."),
                "its end was not seen after 10.9 s · 2025-11-27 20:00 UTC · silt 0.1.0", 2, 1, "not looked at",
                "At its peak healthy.",
            ])
    }

    /// 20 processes of 2,000 looks: what is drawn is bounded by the pixels.
    @Test func `of a large recording draws no more than can be seen`() throws {
        let length =
            "[...document.querySelectorAll('.layer')].reduce((sum, one) => sum + one.getAttribute('d').length, 0)"
        let values = try look(
            RecordingSample.large,
            [
                ask("data.processes.reduce((sum, each) => sum + each.points.length, 0) >= 39000"),
                ask("\(length) < 700000"), ask("document.querySelectorAll('*').length < 2500"),
                ("click", "#processes label:nth-of-type(20)"), ("key", "Tab"), ("page", "recording-large.png"),
                ask("document.querySelectorAll('.flag').length"), ask(Self.isNarrow),
            ])
        #expect(values == [true, true, true, 40, true])
    }

    @Test func `shows hostile texts as they are, and runs none of them`() throws {
        let values = try look(
            RecordingSample.hostile,
            [
                ask("document.querySelectorAll('script').length"),
                ask("[...document.querySelectorAll('b')].filter((one) => one.textContent === 'A').length"),
                ask("document.body.innerText.split('<script>alert(1)').length > 8"), ("hover", "#chart"),
                ("click", "#moments label:nth-of-type(5)"), ask(Self.isNarrow), ("page", "recording-hostile.png"),
            ])
        #expect(values == [2, 0, true, true])
    }

    @Test func `of nothing says so`() throws {
        let nothing = Recording(command: ["true"], end: Recording.End(seconds: 0.01, status: .exited(0)))
        let blind = RecordedProcess(index: 0, pid: 1, command: [])
        let values =
            try look(nothing, [ask(Self.answer), ask("document.getElementById('course').hidden")])
            + look(Recording(command: [], processes: [blind]), [ask(Self.answer), ask(Self.text("h1"))])
        #expect(
            values == [
                "No process with libsilt.so in it was seen.", true, "Nothing was seen of it.", "unknown command",
            ])
    }
}
