/// `24 MiB`, `1.5 GB`, `0 B`: a number and a unit, with blanks between them or not, in letters of either case.
///
/// The grammar of pytest-memray's `limit_memory` (`[KMGTP]B|B`), and the binary units of IEC 80000-13. There MB is 2^20
/// bytes; here it is what SI says, 10^6, as MiB can be written: a limit that is taken over is at most stricter.
package func sizeInBytes(_ text: some StringProtocol) -> Double? {
    guard let (number, unit) = numberAndRest(text), let factor = units[unit.lowercased()] else { return nil }
    let bytes = number * factor
    return bytes <= mostBytes ? bytes.rounded() : nil
}

/// `10%`, `12.5 %` as a share.
func percentage(_ text: some StringProtocol) -> Double? {
    guard let (number, unit) = numberAndRest(text), unit == "%" else { return nil }
    return number / 100
}

/// More than any machine has: whoever writes it meant something else.
private let mostBytes = Double(1 << 60)

private let units: [String: Double] = [
    "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15, "kib": Double(1 << 10), "mib": Double(1 << 20),
    "gib": Double(1 << 30), "tib": Double(1 << 40), "pib": Double(1 << 50),
]

/// A decimal number without sign or exponent, and what stands behind it and its blanks.
private func numberAndRest(_ text: some StringProtocol) -> (Double, String)? {
    let text = text.drop { $0 == " " }
    let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
    guard digits.first != ".", digits.last != ".", digits.count <= 20, let number = Double(digits) else { return nil }
    var rest = text[digits.endIndex...].drop { $0 == " " }
    while rest.last == " " { rest.removeLast() }
    return (number, String(rest))
}
