import ArgumentParser

/// A span of time on a command line: `100ms`, `2s`; a number alone is seconds.
struct Interval: ExpressibleByArgument {
    let seconds: Double

    init?(argument: String) {
        let unit = argument.hasSuffix("ms") ? "ms" : argument.hasSuffix("s") ? "s" : ""
        guard let number = Double(argument.dropLast(unit.count)) else { return nil }
        seconds = unit == "ms" ? number / 1_000 : number
        // Oftener than a look is cheap; rarer than anybody waits.
        guard 0.01...3_600 ~= seconds else { return nil }
    }
}
