import MemoryModel
import System
import Testing

@testable import Symbols

/// Programs compiled here and now, and binutils' addr2line as the other opinion.
struct `Symbolizing a program` {
    static let source = """
        #include <string>
        #include <vector>
        namespace shop {
        volatile int sink;
        struct Item { int price; explicit Item(int p); int taxed() const { return price * 119 / 100 + sink; } };
        Item::Item(int p) : price(p) { sink = p; }
        template <typename T> inline __attribute__((always_inline)) int total(const std::vector<T> &items) {
            int sum = 0;
            for (auto &item : items)
                sum += item.taxed();
            return sum;
        }
        __attribute__((noinline)) int bill(const std::vector<Item> &items, std::string name) {
            auto twice = [&](int x) __attribute__((noinline)) { sink = x; return 2 * x + (int)name.size(); };
            return twice(total(items));
        }
        static __attribute__((noinline)) int hidden(int x) { sink = x; return x + 1; }
        }
        int main(int argc, char **) {
            std::vector<shop::Item> items(argc, shop::Item(argc));
            return shop::hidden(shop::bill(items, "x"));
        }
        """

    /// How to compile the program, and to compile one of the same code that addr2line understands.
    static let builds = [
        ["-O2 -gdwarf-5"], ["-O2 -gdwarf-4"], ["-O0 -gdwarf-5"], ["-O2 -gdwarf-5 -no-pie -fno-pie"],
        ["-O2 -gdwarf-5 -gz=zlib", "-O2 -gdwarf-5"], ["-O2 -gdwarf-4 -gz=zlib-gnu", "-O2 -gdwarf-4"],
        // binutils 2.40 loses what is inlined here.
        ["-O2 -gdwarf-5 -fdebug-types-section", "-O2 -gdwarf-5"],
        ["-O2 -gdwarf-3 -gstrict-dwarf"], ["-O2 -gdwarf-5 -shared -fPIC"], ["-O2 -gdwarf-5 -ffunction-sections"],
    ]

    /// Every instruction of our own functions, and what addr2line says of it.
    @Test(arguments: builds) func `agrees with addr2line`(flags: [String]) throws {
        let workshop = try Workshop()
        try workshop.write(Self.source, to: "shop.cc")
        try workshop.run("sh", "-c", "g++ \(flags[0]) -o shop shop.cc && g++ \(flags.last!) -o other shop.cc")
        let addresses = try Self.instructions(of: "shop", workshop)
        #expect(addresses.count > 50, "the probe itself: there are instructions")
        let found = try workshop.frames(of: addresses, in: "shop", bias: 0x5555_0000_0000)
        let told = try Self.addr2line(addresses, "other", workshop)
        var inlined = 0
        for address in addresses {
            let frames = try #require(found[address])
            inlined += frames.count - 1
            #expect(frames.map(Self.line) == told[address], "at 0x\(String(address, radix: 16))")
            #expect(frames.map(\.isInlined) == frames.dropFirst().map { _ in true } + [false])
            #expect(frames.allSatisfy { $0.module == "/app/shop" && $0.offset == address })
        }
        #expect(flags[0].contains("-O0") || inlined > 10, "the probe itself: something was inlined")
    }

    /// The addresses of the instructions of main and of what is in `shop`, as objdump disassembles it.
    static func instructions(of name: String, _ workshop: Workshop) throws -> [UInt64] {
        var functions: [Range<UInt64>] = []
        for line in try workshop.run("nm", "-S", "--defined-only", name).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 4, words[3] == "main" || words[3].hasPrefix("_ZN4shop") else { continue }
            let (start, size) = (UInt64(words[0], radix: 16)!, UInt64(words[1], radix: 16)!)
            functions.append(start..<start + size)
        }
        return try workshop.run("objdump", "-d", "--section=.text", "--no-show-raw-insn", name).split(separator: "\n")
            .compactMap { line in
                let words = line.split(separator: ":", maxSplits: 1)
                guard line.first == " ", words.count == 2 else { return nil }
                return UInt64(words[0].trimmingPrefix { $0 == " " }, radix: 16)
            }
            .filter { address in functions.contains { $0.contains(address) } }
    }

    static func line(_ frame: Frame) -> String {
        let function = frame.function.isEmpty ? "??" : frame.function
        let file = frame.file.isEmpty ? "??" : frame.file
        return "\(function) \(file):\(frame.line.map(String.init) ?? "?")"
    }

    /// The same lines, by `addr2line -aifC`, which prints for each address itself, then pairs of function and place.
    static func addr2line(_ addresses: [UInt64], _ name: String, _ workshop: Workshop) throws -> [UInt64: [String]] {
        try workshop.write(addresses.map { "0x" + String($0, radix: 16) }.joined(separator: "\n") + "\n", to: "asked")
        var told: [UInt64: [String]] = [:]
        var address: UInt64 = 0
        var function: Substring?
        for line in try workshop.run("sh", "-c", "addr2line -aifC -e \(name) < asked").split(separator: "\n") {
            if line.hasPrefix("0x"), function == nil {
                address = UInt64(line.dropFirst(2), radix: 16)!
            } else if let name = function {
                let place = line.split(separator: " (discriminator")[0]
                told[address, default: []].append("\(name) \(place)")
                function = nil
            } else {
                function = line
            }
        }
        return told
    }
}
