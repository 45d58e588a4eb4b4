extension ByteCount {
    /// For people: three significant digits and a binary unit, `0 B`, `4.00 KiB`, `1.95 GiB`.
    package var text: String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = Double(rawValue.magnitude)
        var unit = 0
        while value >= 999.5 && unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let sign = rawValue < 0 ? "-" : ""
        guard unit > 0 else { return "\(sign)\(rawValue.magnitude) B" }
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return "\(sign)\(value.fixed(decimals)) \(units[unit])"
    }
}

extension Double {
    /// Decimal text with a fixed number of digits after the point, rounded half away from zero.
    package func fixed(_ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((abs(self) * scale).rounded())
        let whole = scaled / Int(scale)
        let sign = self < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(whole)" }
        let fraction = String(scaled % Int(scale))
        return "\(sign)\(whole).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
    }
}
