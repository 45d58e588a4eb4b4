/// `/proc/uptime` (`fs/proc/uptime.c`).
package enum Uptime {
    /// Seconds since boot, sleep included.
    package static func parse(_ bytes: [UInt8]) throws(ParseError) -> Double {
        var reader = ByteReader(bytes, file: "uptime")
        let seconds = try reader.decimal()
        try reader.skip(UInt8(ascii: "."))
        let start = reader.position
        let fraction = try reader.decimal()
        var scale = 1.0
        for _ in start..<reader.position { scale *= 10 }
        return Double(seconds) + Double(fraction) / scale
    }
}
