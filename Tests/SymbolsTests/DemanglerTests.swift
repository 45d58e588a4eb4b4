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

    /// Each parameter is a pair of the one before, twice: 2^40 names, in 700 bytes.
    @Test func `ends where a short name stands for a long one`() {
        var mangled = "_Z1f1pIiiE"
        for step in 0..<40 {
            let last = step == 0 ? "S_" : "S\(base36(step - 1 + 1))_"
            mangled += "1pI\(last)\(last)E".replacing("1pI", with: "S_I")
        }
        var demangler = Demangler(SymbolLimits())
        let name = demangler.name(mangled)
        #expect(name.utf8.count <= 4096 + 3)
        #expect(name.hasPrefix("f(p<int, int>"))
        #expect(name.hasSuffix("…"))
    }

    private func base36(_ number: Int) -> String { String(number, radix: 36, uppercase: true) }

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
