import Foundation
import MemoryModel
import Rendering
import Testing

/// The constraints of speedscope's file-format-schema.json, and what its importer takes for granted.
@Suite struct `A speedscope file` {
    private struct File: Decodable {
        struct Shared: Decodable { var frames: [Frame] }
        struct Frame: Decodable {
            var name: String
            var file: String?
            var line: Int?
        }
        struct Profile: Decodable {
            var type: String
            var name: String
            var unit: String
            var startValue: Int
            var endValue: Int
            var samples: [[Int]]
            var weights: [Int]
        }
        var schema: String
        var name: String
        var activeProfileIndex: Int
        var shared: Shared
        var profiles: [Profile]

        enum CodingKeys: String, CodingKey {
            case schema = "$schema"
            case name, activeProfileIndex, shared, profiles
        }
    }

    private func parse(_ profile: Profile, shown: Profile.Quantity = .space) throws -> File {
        try JSONDecoder().decode(File.self, from: Data(profile.speedscope(shown: shown).utf8))
    }

    @Test(arguments: ["small", "hostile", "large", "empty"])
    func `keeps to the schema`(name: String) throws {
        let profile =
            switch name {
            case "small": ProfileSample.small
            case "hostile": ProfileSample.hostile
            case "large": ProfileSample.large(stacks: 500)
            default: Profile(process: ProcessFacts(pid: 1, command: []))
            }
        let file = try parse(profile)
        #expect(file.schema == "https://www.speedscope.app/file-format-schema.json")
        #expect(file.profiles.map(\.name) == Profile.Quantity.allCases.map(\.rawValue))
        for (quantity, part) in zip(Profile.Quantity.allCases, file.profiles) {
            #expect(part.type == "sampled")
            #expect(part.unit == (quantity == .objects ? "none" : "bytes"))
            #expect(part.samples.count == part.weights.count)
            #expect(part.weights.allSatisfy { $0 > 0 })
            #expect(part.startValue == 0 && part.endValue == part.weights.reduce(0, +))
            #expect(part.endValue == profile.samples.reduce(0) { $0 + $1.values.rounded(quantity) })
            #expect(part.samples.allSatisfy { !$0.isEmpty && $0.allSatisfy(file.shared.frames.indices.contains) })
        }
        #expect(file.shared.frames.allSatisfy { !$0.name.isEmpty })
    }

    @Test func `names frames outermost first, with file and line`() throws {
        let file = try parse(ProfileSample.small, shown: .pinnedSpace)
        #expect(file.activeProfileIndex == 4)
        #expect(file.name == "/bin/program --fast (pid 42)")
        let names = file.profiles[1].samples.map { $0.map { file.shared.frames[$0].name } }
        #expect(
            names == [
                ["main", "insert", "grow"],
                ["[request]", "(outer frames not recorded)", "main", "libstripped.so+0xabc"], ["(no stack)"],
            ])
        let grow = try #require(file.shared.frames.first { $0.name == "grow" })
        #expect(grow.file == "/src/table.h" && grow.line == 7)
    }
}
