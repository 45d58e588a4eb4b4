import MemoryModel
import Rendering
import Testing

@Suite struct `Collapsed stacks` {
    /// A line as flamegraph.pl takes it apart: the value after the last space, the frames between semicolons.
    private func parse(_ text: String) throws -> [(frames: [String], value: Int)] {
        try text.split(separator: "\n").map { line in
            let space = try #require(line.lastIndex(of: " "))
            let frames = line[..<space].split(separator: ";", omittingEmptySubsequences: false).map(String.init)
            return (frames, try #require(Int(line[line.index(after: space)...])))
        }
    }

    @Test func `are outermost first, with the tag before`() {
        #expect(
            ProfileSample.small.collapsed(.space) == """
                main;insert;grow 5000001
                [request];(outer frames not recorded);main;libstripped.so+0xabc 2000000
                (no stack) 30000

                """)
        #expect(ProfileSample.small.collapsed(.retainedSpace) == "main;load.<locals>.parse 700000\n")
    }

    @Test func `of hostile names are one line each, and what stands in them is no syntax`() throws {
        let text = ProfileSample.hostile.collapsed(.space)
        let stacks = try parse(text)
        #expect(stacks.count == ProfileSample.hostileNames.count)
        for (index, stack) in stacks.enumerated() {
            #expect(stack.value == 1000 + index)
            #expect(stack.frames.count == 3 && stack.frames[1] == "main", "\(stack.frames)")
        }
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        #expect(stacks[0].frames == ["[a:b:c 12]", "main", "a:b:c 12"])
        #expect(stacks.map(\.frames[2].utf8.count).max()! < 1100)
    }

    @Test(arguments: Profile.Quantity.allCases)
    func `add up`(quantity: Profile.Quantity) throws {
        let profile = ProfileSample.large(stacks: 500)
        let sum = try parse(profile.collapsed(quantity)).reduce(0) { $0 + $1.value }
        #expect(sum == profile.samples.reduce(0) { $0 + $1.values.rounded(quantity) })
    }
}
