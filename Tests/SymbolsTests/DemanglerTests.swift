import Testing

@testable import Symbols

/// Names by the libraries that know how.
struct `Demangling` {
    static let names = [
        ("_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back(int const&)"),
        ("_ZN3foo3barEv.cold", "foo::bar() [clone .cold]"),
        ("_ZNKSt5ctypeIcE8do_widenEc@@GLIBCXX_3.4", "std::ctype<char>::do_widen(char) const@@GLIBCXX_3.4"),
        // Rust's tests of its own demangler: v0, and the older kind with its hash (library/rustc-demangle).
        ("_RNvC6_123foo3bar", "123foo::bar"),
        ("_RNvNtNtCs1234_7mycrate3foo3bar3baz", "mycrate::foo::bar::baz"),
        ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"),
        ("$sSa6appendyyxnF", "Swift.Array.append(__owned A) -> ()"),
        ("main", "main"), ("malloc@plt", "malloc@plt"), ("", ""), ("_Z", "_Z"), ("_R", "_R"), ("$s", "$s"),
        ("_Zgarbage", "_Zgarbage"), ("_T0", "_T0"), ("_ZN\u{1b}[31m", "_ZN\u{1b}[31m"),
    ]

    @Test(arguments: names) func `knows its languages`(mangled: String, name: String) {
        var demangler = Demangler(SymbolLimits())
        #expect(demangler.name(mangled) == name)
        #expect(demangler.name(mangled) == name, "the second time, from memory")
    }

    /// A pair of the pair before, `count` times: 2^count names.
    private func pairs(_ count: Int) -> String {
        // S_ is f's template parameter's template p, S0_ the first pair.
        let pairs = (0..<count).map { step in
            let last = "S\(String(step, radix: 36, uppercase: true))_"
            return "S_I\(last)\(last)E"
        }
        return "_Z1f1pIiiE" + pairs.joined()
    }

    @Test func `ends where a short name stands for a long one`() {
        var demangler = Demangler(SymbolLimits())
        let name = demangler.name(pairs(40))
        #expect(name.hasPrefix("f(p<int, int>, p<p<int, int>, p<int, int> >, p<p<p<"))
        #expect(name.utf8.count == 4096 + 3)
        #expect(name.hasSuffix("…"))
        #expect(demangler.name(pairs(1)) == "f(p<int, int>, p<p<int, int>, p<int, int> >)")
    }

    /// The same in Rust: the k-th pair of units refers back to the one before, twice.
    @Test func `ends in Rust, too`() {
        func base62(_ number: Int) -> String {
            let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
            let last = String(digits[number % 62])
            return number < 62 ? last : base62(number / 62 - 1 + 1) + last
        }
        var (mangled, last) = ("INvC1a1fTuuE", 8)
        for _ in 0..<40 {
            let next = mangled.utf8.count
            mangled += "TB\(base62(last - 1))_B\(base62(last - 1))_E"
            last = next
        }
        var demangler = Demangler(SymbolLimits())
        let name = demangler.name("_R" + mangled + "E")
        #expect(name.hasPrefix("a::f::<((), ()), (((), ()), ((), ()))"))
        #expect(name.hasSuffix("…"))
    }

    /// And in Swift, whose demangler cannot be stopped: such a name is not given to it. `func f(_: P<P<Int, Int>, …>)`.
    @Test(arguments: [(2, true), (5, true), (40, false), (400, false)])
    func `does not begin in Swift`(depth: Int, isNamed: Bool) {
        var mangled = "$s1m1fyyAA1PVy" + String(repeating: "ADy", count: depth - 1) + "S2iG"
        for index in 4..<4 + depth - 1 {
            mangled += "A"
            mangled += index < 26 ? String(UnicodeScalar(UInt8(65 + index))) : index == 26 ? "_" : "\(index - 27)_"
            mangled += "G"
        }
        var demangler = Demangler(SymbolLimits())
        let name = demangler.name(mangled + "F")
        #expect(isNamed ? name.hasPrefix("m.f(m.P<m.P<") : name == mangled + "F")
    }

    @Test func `bounds what a Swift name stands for`() {
        #expect(SwiftNames.bound(Array("$s4main1fyyF".utf8)) == 24 * 12)
        #expect(SwiftNames.bound(Array("$sAA".utf8)) == 24 * 4 * 2)
        #expect(SwiftNames.bound(Array("$sAAAA".utf8)) >= 24 * 6 * 3)
        #expect(SwiftNames.bound(Array("$sA9B".utf8)) == 24 * 5 * 10)
        #expect(SwiftNames.bound(Array("$sAbC".utf8)) == 24 * 5 * 4)
        #expect(SwiftNames.bound(Array("$sA_A0_".utf8)) == 24 * 7 * 4)
    }

    @Test func `leaves what is too long mangled`() {
        let mangled = "_Z" + "5000" + String(repeating: "x", count: 5000) + "v"
        var demangler = Demangler(SymbolLimits())
        #expect(demangler.name(mangled) == mangled)
    }

    static let deep = [
        "_Z1f" + String(repeating: "P", count: 4000) + "i", "_Z1fIX" + String(repeating: "ad", count: 1900) + "E",
        "_Z" + String(repeating: "N1a", count: 1300), "_R" + String(repeating: "Nv", count: 2000),
        "_RMC0" + String(repeating: "R", count: 4000), "$s" + String(repeating: "Say", count: 1300),
        "$s" + String(repeating: "y", count: 4000), "$s4main1fyy" + String(repeating: "Sg", count: 2000) + "F",
        "_RINvC1a1b" + String(repeating: "INvC1c1d", count: 450) + "E",
    ]

    @Test(arguments: deep) func `survives what is deep`(mangled: String) {
        var demangler = Demangler(SymbolLimits())
        #expect(!demangler.name(mangled).isEmpty)
    }
}
