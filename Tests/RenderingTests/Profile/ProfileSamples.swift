import MemoryModel

/// Profiles that the tests of all exports share.
enum ProfileSample {
    /// What a parser, a terminal or a browser could act upon, as names.
    static let hostileNames = [
        "a;b;c 12", "line\nfeed", "tab\tand\u{1B}[31mred", "</script><script>alert(1)</script>", "<!--", "-->", "]]>",
        "\"quoted\" 'name' `tick` ${x} \\", "&amp;<b>&#x41;", "\u{2028}\u{2029}", "\u{202E}reversed", "\u{0}nul", " ",
        "zażółć 日本 🎉", "__proto__", "constructor", "std::vector<int, std::allocator<int> >::push_back(int&&)",
        "operator<<", "[u8; 4]", String(repeating: "x", count: 200_000),
    ]

    /// Every hostile name as function, file, module and tag.
    static let hostile: Profile = {
        let samples = hostileNames.enumerated().map { index, name in
            Profile.Sample(
                frames: [
                    Frame(function: name, file: name, line: index, module: name, offset: UInt64(index)),
                    Frame(function: "main", file: "main.c", line: 1, module: "/bin/program", offset: 16),
                ],
                tag: name, values: values(space: Double(1000 + index)))
        }
        return Profile(
            process: ProcessFacts(pid: 7, command: hostileNames), samples: samples)
    }()

    /// Two call sites, one of them with an inlined function, a tag, a stripped module and a sample without a stack.
    static let small: Profile = {
        let module = "/bin/program"
        let main = Frame(function: "main", file: "/src/main.c", line: 40, module: module, offset: 0x1140)
        let inlined = [
            Frame(function: "grow", file: "/src/table.h", line: 7, module: module, offset: 0x1190, isInlined: true),
            Frame(function: "insert", file: "/src/table.c", line: 21, module: module, offset: 0x1190),
        ]
        let stripped = Frame(module: "/lib/libstripped.so", offset: 0xABC)
        let python = Frame(function: "load.<locals>.parse", file: "/src/load.py", line: 12, language: .python)
        return Profile(
            process: ProcessFacts(pid: 42, command: ["/bin/program", "--fast"]), time: 1_700_000_000_000_000_000,
            mean: 512 << 10, sampleCount: 9,
            modules: [
                Profile.Module(path: "/bin/program", buildID: "0123456789abcdef"),
                Profile.Module(path: "/lib/libstripped.so"),
            ],
            samples: [
                Profile.Sample(
                    frames: inlined + [main],
                    values: Profile.Values([
                        .objects: 10.4, .space: 5_000_000.6, .residentSpace: 4_000_000, .pinnedSpace: 90_000,
                    ])),
                Profile.Sample(
                    frames: [stripped, main], isCut: true, tag: "request", values: values(space: 2_000_000)),
                Profile.Sample(frames: [python, main], values: Profile.Values([.retainedSpace: 700_000])),
                Profile.Sample(frames: [], values: values(space: 30_000)),
            ])
    }()

    /// As many distinct frames as a large program has.
    static func large(stacks: Int) -> Profile {
        var random = SplitMix(state: 1)
        let samples = (0..<stacks).map { index in
            var node = 0
            let depth = 4 + Int(random.next() % 44)
            var frames: [Frame] = []
            for level in 0..<depth {
                // Few children near the root, more further out: stacks share their beginnings.
                node = (node * 31 + Int(random.next() % UInt64(level < 6 ? 2 : 3)) + level) % 100_003
                frames.append(
                    Frame(
                        function: "module\(node % 17)::function_\(node)", file: "/src/part\(node % 17).cc",
                        line: node % 900 + 1, module: "/usr/lib/libpart\(node % 17).so", offset: UInt64(node)))
            }
            let space = Double(1 + random.next() % 1_000) * 4096
            return Profile.Sample(
                frames: frames.reversed(), tag: index % 5 == 0 ? "task \(index % 3)" : nil,
                values: Profile.Values([
                    .objects: 1 + space / 512, .space: space, .residentSpace: space * 0.75,
                    .retainedSpace: space * Double(random.next() % 100) / 100,
                    .pinnedSpace: space * Double(random.next() % 30) / 100,
                ]))
        }
        return Profile(
            process: ProcessFacts(pid: 4711, command: ["/usr/bin/large-program", "--serve"]),
            time: 1_700_000_000_000_000_000, sampleCount: stacks, samples: samples)
    }

    static func values(space: Double) -> Profile.Values {
        Profile.Values([.objects: 1, .space: space, .residentSpace: space / 2])
    }
}

/// The same numbers in every run (Steele, Lea, Flood, OOPSLA 2014).
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
