import Foundation
import Testing

@testable import Rendering

/// The colours of the causes, as people see them who lack one kind of cones.
@Suite struct `The colours of the causes` {
    /// What is seen of linear red, green and blue: G. Machado, M. Oliveira, L. Fernandes, "A Physiologically-based Model
    /// for Simulation of Color Vision Deficiency", 2009, severity 1.
    static let sights: [(name: String, matrix: [[Double]])] = [
        ("all cones", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        (
            "no long ones",
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
        ),
        (
            "no middle ones",
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
        ),
        (
            "no short ones",
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
        ),
    ]

    /// In hundredths of OKLab's lightness; what differs by 2 can just be told apart side by side.
    @Test(arguments: sights, ["light", "dark"])
    func `stay apart`(sight: (name: String, matrix: [[Double]]), scheme: String) throws {
        let colours = try self.colours(scheme).mapValues { seen($0, sight.matrix) }
        try #require(colours.count == 12)
        let telling = [
            "heap-live", "heap-retained", "heap-kept", "heap-fragmented", "mappings", "shared", "stacks",
        ]
        for (place, one) in telling.enumerated() {
            for other in telling[(place + 1)...] {
                let apart = distance(colours[one]!, colours[other]!)
                #expect(apart > 6, "\(one) and \(other): \(apart)")
            }
        }
        let stack = [
            "files", "module-data", "kernel", "silt", "stacks", "shared", "mappings", "unexplained", "heap-live",
            "heap-fragmented", "heap-kept", "heap-retained",
        ]
        for (one, other) in zip(stack, stack.dropFirst()) {
            let apart = distance(colours[one]!, colours[other]!)
            #expect(apart > 6, "\(one) on \(other): \(apart)")
        }
    }

    /// Lightness, chroma and hue of every cause in the style.
    private func colours(_ scheme: String) throws -> [String: [Double]] {
        let halves = RecordingPage.page.style.components(separatedBy: "@media screen and (prefers-color-scheme: dark)")
        try #require(halves.count == 2)
        var colours: [String: [Double]] = [:]
        for match in halves[scheme == "light" ? 0 : 1].matches(of: /\.cause-([a-z-]+) \{ --fill: oklch\(([0-9. ]+)\)/) {
            colours[String(match.1)] = match.2.split(separator: " ").compactMap { Double($0) }
        }
        return colours
    }

    /// B. Ottosson, "A perceptual color space for image processing", 2020: to linear sRGB, through the eye, and back.
    private func seen(_ colour: [Double], _ sight: [[Double]]) -> [Double] {
        let (a, b) = (colour[1] * cos(colour[2] * .pi / 180), colour[1] * sin(colour[2] * .pi / 180))
        let cones = product(
            [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]],
            [colour[0], a, b]
        ).map { $0 * $0 * $0 }
        let rgb = product(
            [
                [4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
                [-0.0041960863, -0.7034186147, 1.707614701],
            ], cones
        ).map { min(1, max(0, $0)) }
        let through = product(sight, rgb).map { min(1, max(0, $0)) }
        let seen = product(
            [
                [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ], through
        ).map { cbrt($0) }
        return product(
            [
                [0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.808675766],
            ], seen)
    }

    private func product(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
        matrix.map { zip($0, vector).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    private func distance(_ one: [Double], _ other: [Double]) -> Double {
        100 * zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
}
