package import System

/// The text that a function of a program returns, without running it; `nil` where it returns no constant.
///
/// Read from the program's file: the function is looked for among its symbols, and what its code does has to be to load
/// the address of a text and to return, as compilers write `return "…"`.
///
/// - Parameter file: An ELF file; it is the program's own, and nothing in it is trusted.
package func constantText(returnedBy function: String, in file: consuming Descriptor) -> FunctionText {
    guard let elf = ElfFile(file), let address = elf.address(ofFunction: function) else { return .missing }
    guard let code = elf.bytes(at: address, atMost: 32), let text = ConstantReturn.target(of: code, at: address),
        let bytes = elf.bytes(at: text, atMost: 1 << 16), let end = bytes.firstIndex(of: 0)
    else { return .notConstant }
    return .text(String(decoding: bytes[..<end], as: UTF8.self))
}

/// What is known of the text that a function returns.
package enum FunctionText: Hashable, Sendable {
    case text(String)
    /// The program has no such function.
    case missing
    /// It does more than to return a text.
    case notConstant
}

/// The code of a function that returns an address, on x86-64.
enum ConstantReturn {
    /// The address, `nil` where the code is anything else.
    ///
    /// - Parameter address: Of the first byte of the code.
    static func target(of code: [UInt8], at address: UInt64) -> UInt64? {
        var at = 0
        func skip(_ bytes: [UInt8]) {
            if code[at...].starts(with: bytes) { at += bytes.count }
        }
        func number(_ count: Int) -> UInt64? {
            guard at + count <= code.count else { return nil }
            defer { at += count }
            return (0..<count).reduce(0) { $0 | UInt64(code[at + $1]) << UInt64(8 * $1) }
        }
        skip([0xf3, 0x0f, 0x1e, 0xfa])  // endbr64
        skip([0x55])  // push %rbp
        skip([0x48, 0x89, 0xe5])  // mov %rsp, %rbp
        let target: UInt64?
        if code[at...].starts(with: [0x48, 0x8d, 0x05]) {  // lea …(%rip), %rax
            at += 3
            target = number(4).map { address &+ UInt64(at) &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: $0))) }
        } else if code[at...].starts(with: [0xb8]) {  // mov $…, %eax
            at += 1
            target = number(4)
        } else if code[at...].starts(with: [0x48, 0xc7, 0xc0]) {  // mov $…, %rax
            at += 3
            target = number(4)
        } else if code[at...].starts(with: [0x48, 0xb8]) {  // movabs $…, %rax
            at += 2
            target = number(8)
        } else {
            return nil
        }
        skip([0x5d])  // pop %rbp
        skip([0xf3])  // rep
        return code[at...].first == 0xc3 ? target : nil
    }
}
