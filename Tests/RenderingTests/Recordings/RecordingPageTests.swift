import Foundation
import MemoryModel
import Testing

@testable import Rendering

/// The page as text; ``A recording in a browser`` looks at it with Chromium.
@Suite struct `A recording's page` {
    /// The parser of HTML sees the texts of the process before any script does.
    @Test func `of hostile names keeps them out of the markup`() {
        let page = RecordingSample.hostile.page()
        #expect(page.components(separatedBy: "<script").count == 3)
        #expect(page.components(separatedBy: "</script").count == 3)
        #expect(page.components(separatedBy: "<!--").count == 1)
        #expect(page.components(separatedBy: "<title>").count == 2)
        #expect(!page.unicodeScalars.contains { $0 == "\u{2028}" || $0 == "\u{202E}" || $0 == "\0" })
    }

    @Test func `asks for nothing from anywhere`() {
        // The namespace of SVG is a name, which nobody fetches.
        let page = RecordingSample.worker.page().replacing("http://www.w3.org/2000/svg", with: "")
        let words = ["http:", "https:", "src=", "href=", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "onclick"]
        for word in words { #expect(!page.contains(word), "\(word)") }
        // Patterns within the page.
        #expect(page.replacing("url(#", with: "").contains("url(") == false)
    }

    /// 20 processes of 2,000 looks.
    @Test func `is of a size that a browser opens at once`() {
        #expect(RecordingSample.large.page().utf8.count < 4 << 20)
    }
}
