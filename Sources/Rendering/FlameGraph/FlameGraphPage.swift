import JSONText
import MemoryModel

/// The fixed parts of the flame graph's page, and the rule that its browser holds it to.
enum FlameGraphPage {
    static let style = String(decoding: PackageResources.flamegraph_css, as: UTF8.self)
    static let body = String(decoding: PackageResources.flamegraph_html, as: UTF8.self)
    static let script = String(decoding: PackageResources.flamegraph_js, as: UTF8.self)

    /// No network, and no style or script but the two: a name that broke out of its text could still do nothing.
    ///
    /// The digests are SHA-256 in base64 of ``style`` and ``script`` (w3.org/TR/CSP3, 2.3.1). A test holds them against
    /// the files, and says what they are to be.
    static let policy = """
        default-src 'none'; \
        style-src 'sha256-NYd7gbpzBME4K/Bprw8Lwxj3b7I9dM3CEB5Pxp1BXos='; \
        script-src 'sha256-8dLxVh8bnop990cnUso+b6h0qH2Hi0LnmFb5II4PxLc='; \
        base-uri 'none'; form-action 'none'
        """

    /// In the order of the page.
    static let quantities: [Profile.Quantity] = [.space, .residentSpace, .retainedSpace, .pinnedSpace, .objects]
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
