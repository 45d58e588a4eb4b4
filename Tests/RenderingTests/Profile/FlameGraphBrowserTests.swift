import Foundation
import MemoryModel
import Rendering
import Testing

/// The page from a file, in headless Chromium: `Browser/drive.py` tells what a step can be.
@Suite(.enabled(if: Browser.isInstalled, "Chromium is installed"), .serialized)
struct `A flame graph in a browser` {
    private static let focused = "document.activeElement.getAttribute('aria-label').split(',')[0]"
    private static func frame(_ name: String) -> String { "[aria-label^='\(name),']" }
    /// Bold in the radio buttons, by its place.
    private static let checked = "document.querySelector('#quantities :checked').value"
    /// What leads back to the whole is there once a frame is zoomed into.
    private static let zoomed = "!document.getElementById('reset').hidden"

    private func look(_ profile: Profile, _ steps: [BrowserStep]) throws -> [BrowserValue] {
        try Browser.look(at: profile.flameGraph(), steps)
    }

    /// The probe itself: what the other tests trust the driver to hear.
    @Test func `is watched for requests and for complaints`() throws {
        let text = "<meta charset='utf-8'><img src='other.png'><script>console.log('heard'); nothing()</script>"
        let seen = try Browser.see(text, [("evaluate", "6 * 7")])
        #expect(seen.values == [42])
        #expect(seen.requests.contains { $0.hasSuffix("other.png") })
        #expect(seen.complaints.contains { $0.contains("heard") })
        #expect(seen.complaints.contains { $0.contains("ReferenceError") })
    }

    @Test func `shows a large program, light and dark`() throws {
        let profile = ProfileSample.large(stacks: 3000)
        let values = try look(
            profile,
            [
                ("evaluate", "document.getElementById('title').textContent"),
                ("evaluate", "document.querySelectorAll('.frame').length > 500"), ("evaluate", Self.checked),
                ("screenshot", "flame-graph-light.png"), ("scheme", "dark"), ("hover", ".frame:nth-child(3)"),
                ("evaluate", "document.getElementById('tip').textContent.includes('Left behind')"),
                ("screenshot", "flame-graph-dark.png"),
                ("evaluate", "document.documentElement.scrollWidth <= innerWidth"),
            ])
        #expect(values == ["/usr/bin/large-program --serve", true, "space", true, true])
    }

    @Test func `zooms by click and by key, and back`() throws {
        let values = try look(
            ProfileSample.small,
            [
                ("click", Self.frame("insert")), ("evaluate", Self.zoomed), ("evaluate", Self.focused),
                ("evaluate", "document.querySelectorAll('.frame').length"), ("key", "ArrowDown"),
                ("evaluate", Self.focused), ("evaluate", "!document.getElementById('tip').hidden"),
                ("screenshot", "flame-graph-zoomed.png"), ("key", "ArrowUp"), ("key", "ArrowUp"), ("key", "Enter"),
                ("evaluate", Self.focused), ("key", "Escape"), ("evaluate", Self.zoomed), ("evaluate", Self.focused),
                ("key", "ArrowDown"), ("key", "ArrowRight"), ("evaluate", Self.focused), ("key", "ArrowLeft"),
                ("evaluate", Self.focused),
            ])
        #expect(values == [true, "insert", 4, "grow", true, "main", false, "all", "[request]", "main"])
    }

    @Test func `chooses the value by click and by key`() throws {
        let frames = "[...document.querySelectorAll('.frame .name')].map((name) => name.textContent).join(' ')"
        let values = try look(
            ProfileSample.small,
            [
                ("click", "#quantities label:nth-of-type(3)"), ("evaluate", Self.checked), ("evaluate", frames),
                ("evaluate", "document.querySelector('.frame .amount').textContent"), ("key", "4"),
                ("evaluate", Self.checked), ("evaluate", frames), ("key", "5"), ("evaluate", Self.checked),
            ])
        #expect(
            values == [
                "retained_space", "all main load.<locals>.parse:12", "684 KiB", "pinned_space",
                "all main insert grow:7", "objects",
            ])
    }

    @Test func `finds functions, files and modules`() throws {
        let found = "document.getElementById('matched').textContent"
        let values = try look(
            ProfileSample.small,
            [
                ("key", "/"), ("type", "TABLE"), ("evaluate", found),
                ("evaluate", "document.querySelectorAll('.frame.match').length"),
                ("screenshot", "flame-graph-search.png"), ("key", "Escape"), ("evaluate", found),
                ("type", "libstripped"), ("evaluate", found), ("type", "zzz"), ("evaluate", found),
            ])
        #expect(values == ["4.77 MiB, 71.1 % matched", 2, "", "1.91 MiB, 28.4 % matched", "Nothing matches"])
    }

    @Test func `shows hostile names as they are, and runs none of them`() throws {
        let names = "[...document.querySelectorAll('.frame')].map((one) => one.getAttribute('aria-label')).join('|')"
        let values = try look(
            ProfileSample.hostile,
            [
                ("evaluate", names), ("evaluate", "document.querySelectorAll('script').length"),
                ("evaluate", "document.querySelectorAll('b').length"), ("hover", ".frame:nth-child(9)"),
                ("screenshot", "flame-graph-hostile.png"),
                ("evaluate", "document.documentElement.scrollWidth <= innerWidth"),
            ])
        guard case .string(let labels) = values[0] else { return #expect(Bool(false), "\(values)") }
        for name in ["</script><script>alert(1)</script>", "&amp;<b>&#x41;", "__proto__", "<!--", "line\\x0Afeed"] {
            #expect(labels.contains("|\(name),"), "\(name)")
        }
        #expect(values.dropFirst() == [2, 0, true])
    }

    @Test func `of an empty profile says so`() throws {
        let empty = Profile(process: ProcessFacts(pid: 1, command: []))
        let values = try look(
            empty,
            [
                ("evaluate", "document.getElementById('empty').hidden"), ("key", "ArrowDown"), ("key", "2"),
                ("key", "Escape"), ("evaluate", "document.querySelectorAll('.frame').length"),
            ])
        #expect(values == [false, 0])
    }
}
