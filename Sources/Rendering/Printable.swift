import JSONText

extension Unicode.Scalar {
    /// Columns on a terminal: 2 for East Asian wide and for emoji (the Wide blocks of Unicode's EastAsianWidth.txt), 0
    /// for marks that combine.
    fileprivate var columns: Int {
        switch value {
        case ..<0x300: return 1
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default:
            switch properties.generalCategory {
            case .nonspacingMark, .enclosingMark: return 0
            default: return 1
            }
        }
    }
}

extension Character {
    /// Columns on a terminal: those of the widest scalar in it, and at least one.
    var columns: Int { unicodeScalars.reduce(1) { max($0, $1.columns) } }
}

extension String {
    /// Columns on a terminal.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// What a stranger wrote (a command line, a path), with every byte that a terminal could act upon as `\xNN`.
    ///
    /// - Parameter unicode: `false` escapes everything beyond ASCII as well.
    func printable(unicode: Bool) -> String {
        if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isPrintable && (unicode || scalar.isASCII) {
                text.unicodeScalars.append(scalar)
            } else {
                for byte in String(scalar).utf8 { text += "\\x" + byte.hexadecimal }
            }
        }
        return text
    }

    /// At most `columns` wide; what is too long loses its end.
    func shortened(to columns: Int, ellipsis: String) -> String {
        guard self.columns > columns else { return self }
        return head(columns: columns - ellipsis.columns) + ellipsis
    }

    /// At most `columns` wide; what is too long loses its middle, as a path is known by both ends.
    func middleShortened(to columns: Int, ellipsis: String) -> String {
        guard self.columns > columns else { return self }
        let room = columns - ellipsis.columns
        let tail = String(String(reversed()).head(columns: room / 2).reversed())
        return head(columns: room - tail.columns) + ellipsis + tail
    }

    /// As many characters as fit.
    private func head(columns: Int) -> String {
        var room = columns
        return String(
            prefix { character in
                room -= character.columns
                return room >= 0
            })
    }
}

extension UInt8 {
    /// Two upper-case digits.
    fileprivate var hexadecimal: String {
        let digits = String(self, radix: 16, uppercase: true)
        return digits.count < 2 ? "0" + digits : digits
    }
}
