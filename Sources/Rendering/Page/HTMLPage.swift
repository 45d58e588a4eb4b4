import JSONText

/// A page that needs nothing else: it works from a file, and no network.
///
/// Its style and its script begin with what all pages share.
struct HTMLPage: Sendable {
    var style: String
    var body: String
    var script: String
    private var styleDigest: String
    private var scriptDigest: String

    /// - Parameters:
    ///   - styleDigest: SHA-256 in base64 of the whole style (w3.org/TR/CSP3, 2.3.1), and `scriptDigest` of the whole
    ///     script. A test holds them against the files, and says what they are to be.
    init(style: [UInt8], body: [UInt8], script: [UInt8], styleDigest: String, scriptDigest: String) {
        self.style = String(decoding: PackageResources.page_css + style, as: UTF8.self)
        self.body = String(decoding: body, as: UTF8.self)
        self.script = String(decoding: PackageResources.page_js + script, as: UTF8.self)
        self.styleDigest = styleDigest
        self.scriptDigest = scriptDigest
    }

    /// The rule that a browser holds the page to: no network, and no style or script but the two. A name that broke out
    /// of its text could still do nothing.
    var policy: String {
        """
        default-src 'none'; style-src 'sha256-\(styleDigest)'; script-src 'sha256-\(scriptDigest)'; \
        base-uri 'none'; form-action 'none'
        """
    }

    /// - Parameters:
    ///   - title: Of the window.
    ///   - data: What the script shows.
    func text(title: String, data: JSON) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="\(policy)">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="generator" content="silt">
        <title>\(title.escapedForHTML)</title>
        <style>\(style)</style>
        </head>
        <body>
        \(body)
        <script type="application/json" id="data">\(data.text(pretty: false).escapedForScript)</script>
        <script>\(script)</script>
        </body>
        </html>

        """
    }
}

extension String {
    /// As text of an element or as an attribute's value in quotes.
    var escapedForHTML: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// JSON inside of a script element, which `</script` ends and `<!--` extends wherever they stand (HTML, "Restrictions
    /// for contents of script elements"). In JSON these characters stand in strings only.
    var escapedForScript: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "<": text += "\\u003c"
            case ">": text += "\\u003e"
            case "&": text += "\\u0026"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
