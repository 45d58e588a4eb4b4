import Foundation
import System
import Testing

@testable import Symbols

@Suite struct `A text that a function returns` {
    private let source = """
        const char *known(void) { return "leak:this\\nleak:that\\n"; }
        static char text[2];
        const char *computed(void) { text[0]++; return text; }
        const char *in_bss(void) { return text; }
        const char *null(void) { return 0; }
        int main(void) { return known()[0] + computed()[0] + in_bss()[0] + !null(); }
        """

    @Test(arguments: [["-O0"], ["-O2"], ["-O2", "-no-pie", "-fno-pie"], ["-O0", "-fcf-protection"]])
    func `is read from the program's file`(flags: [String]) throws {
        let workshop = try Workshop()
        try workshop.write(source, to: "p.c")
        for compiler in ["gcc", "clang"] {
            try workshop.run("env", [compiler, "p.c", "-o", "p"] + flags)
            func text(_ function: String) throws -> FunctionText {
                constantText(returnedBy: function, in: try Descriptor.open(workshop.app.appending(path: "p").path()))
            }
            #expect(try text("known") == .text("leak:this\nleak:that\n"), "\(compiler) \(flags)")
            #expect(
                try text("computed") == .notConstant && text("in_bss") == .notConstant && text("null") == .notConstant)
            #expect(try text("none") == .missing)
        }
    }

    @Test func `of code that is cut or odd is none`() {
        let code: [UInt8] = [0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0x8d, 0x05, 1, 0, 0, 0, 0xc3]
        #expect(ConstantReturn.target(of: code, at: 0x1000) == 0x100c)
        for count in 0..<code.count { #expect(ConstantReturn.target(of: Array(code.prefix(count)), at: 0x1000) == nil) }
        #expect(ConstantReturn.target(of: [0xb8, 1, 0, 0, 0, 0x90, 0xc3], at: 0) == nil)
    }
}

extension Workshop {
    fileprivate func run(_ tool: String, _ arguments: [String]) throws {
        let words = arguments.map { "'\($0)'" }.joined(separator: " ")
        try run("sh", "-c", "exec \(words)")
    }
}
