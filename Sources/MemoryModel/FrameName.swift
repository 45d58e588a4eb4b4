extension Frame {
    /// The function without its parameters and its return type: `std::vector<int>::push_back` of
    /// `void std::vector<int>::push_back(int const&) [clone .cold]`. Empty where the function is not known.
    ///
    /// What a demangler prints is written for people, so this reads it as one would: the name ends where the first
    /// parenthesis opens that stands in no brackets, and begins behind the last blank before that which stands in none.
    /// Only the first 4096 bytes are looked at: symbols are of any length, and the beginning tells.
    package var bareName: String {
        guard language == .native, !function.hasPrefix("closure #") else { return function }
        let bytes = Array(function.utf8.prefix(4096))
        var depth = 0
        var start = 0
        var index = 0
        while index < bytes.count {
            let rest = bytes[index...]
            switch bytes[index] {
            case UInt8(ascii: "<"), UInt8(ascii: "{"):
                depth += 1
            case UInt8(ascii: ">"), UInt8(ascii: "}"):
                // The arrow of a function's type closes nothing.
                if index == 0 || bytes[index - 1] != UInt8(ascii: "-") { depth -= 1 }
            case UInt8(ascii: "(") where depth <= 0:
                guard rest.begins(with: Frame.anonymous) else { return text(bytes[start..<index]) }
                index += Frame.anonymous.utf8.count - 1
            case UInt8(ascii: " ") where depth <= 0:
                if rest.begins(with: " [") { return text(bytes[start..<index]) }
                start = index + 1
            case UInt8(ascii: "o") where depth <= 0 && rest.begins(with: "operator"):
                // `operator<`, `operator()`, `operator new[]`: its signs and blanks are the name's.
                index += "operator".utf8.count
                if bytes[index...].begins(with: "()") { index += 2 }
                while index < bytes.count, bytes[index] != UInt8(ascii: "("), bytes[index] != UInt8(ascii: ":") {
                    index += 1
                }
                continue
            default:
                break
            }
            index += 1
        }
        return text(bytes[start...])
    }

    private static let anonymous = "(anonymous namespace)"

    private func text(_ bytes: ArraySlice<UInt8>) -> String {
        // Nothing before the first parenthesis: then the whole is the name.
        String(decoding: bytes.isEmpty ? Array(function.utf8.prefix(4096))[...] : bytes, as: UTF8.self)
    }
}

extension String {
    /// `Index<Key, std::vector<int> >::insert` as `Index<…>::insert`: what a template is made of is the longer part.
    package func withoutTypeArguments(ellipsis: String) -> String {
        var text = ""
        var depth = 0
        for character in self {
            if character == ">" { depth -= 1 }
            if depth <= 0 { text.append(character) }
            guard character == "<" else { continue }
            depth += 1
            if depth == 1, !text.hasSuffix("operator<") { text += ellipsis }
        }
        return text
    }
}

extension ArraySlice<UInt8> {
    fileprivate func begins(with text: String) -> Bool {
        count >= text.utf8.count && zip(self, text.utf8).allSatisfy { $0 == $1 }
    }
}
