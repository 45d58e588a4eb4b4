import Foundation
import JSONText
import Testing

@testable import Rendering

@Suite struct `A page of HTML` {
    /// Chromium would refuse a style or a script of another digest.
    @Test(arguments: [("FlameGraphPage", FlameGraphPage.page), ("RecordingPage", RecordingPage.page)])
    func `allows its own style and script and nothing else`(name: String, page: HTMLPage) throws {
        let style = try digest(page.style)
        let script = try digest(page.script)
        let expected = """
            default-src 'none'; style-src 'sha256-\(style)'; script-src 'sha256-\(script)'; \
            base-uri 'none'; form-action 'none'
            """
        #expect(page.policy == expected, "put these digests into \(name)")
        #expect(page.text(title: "", data: .null).contains("content=\"\(expected)\""))
    }

    @Test func `keeps its title and its data out of the markup`() {
        let hostile = "</title></script><!--&\"'"
        let text = FlameGraphPage.page.text(title: hostile, data: .string(hostile))
        #expect(text.contains("<title>&lt;/title&gt;&lt;/script&gt;&lt;!--&amp;&quot;&#39;</title>"))
        #expect(text.contains(#"id="data">"\u003c/title\u003e\u003c/script\u003e\u003c!--\u0026\"'"</script>"#))
    }

    private func digest(_ text: String) throws -> String {
        let program = """
            import base64, hashlib
            text = open("text", "rb").read()
            print(base64.b64encode(hashlib.sha256(text).digest()).decode(), end="")
            """
        return try withFolder { folder in
            try Data(text.utf8).write(to: folder.appending(path: "text"))
            return try run("/usr/bin/python3", ["-c", program], in: folder).output
        }
    }
}
