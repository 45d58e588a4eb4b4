import CSystem
import Glibc

/// What a stopped thread has in its registers.
package struct ThreadRegisters: Sendable {
    package var thread: Int32
    package var stackPointer: UInt64
    /// The base of the segment FS, which is glibc's thread pointer on x86-64.
    package var threadPointer: UInt64
    /// All of them: the general ones, and what the processor saves of its vector units.
    package var words: [UInt64]

    package init(thread: Int32, stackPointer: UInt64, threadPointer: UInt64, words: [UInt64]) {
        self.thread = thread
        self.stackPointer = stackPointer
        self.threadPointer = threadPointer
        self.words = words
    }

    // linux/elf.h: NT_PRSTATUS, NT_X86_XSTATE.
    private static let general: Int32 = 1
    private static let extended: Int32 = 0x202
    // struct user_regs_struct of sys/user.h, in words.
    private static let stackPointerIndex = 19
    private static let threadPointerIndex = 21
    private static let generalCount = 27
    /// AVX-512 ends at 2688 bytes, protection keys behind it; AMX tiles (8 KiB) are no addresses.
    private static let extendedBytes = 4096

    /// `nil`: the thread was killed meanwhile.
    init?(ofStopped thread: Int32) throws(SystemError) {
        var words = [UInt64](repeating: 0, count: Self.generalCount)
        let bytes = unsafe csystem_registers(thread, Self.general, &words, words.count * 8)
        if bytes == -Int64(ESRCH) { return nil }
        // Another machine, or a 32-bit thread.
        guard bytes == words.count * 8 else {
            throw SystemError(call: "ptrace", errno: bytes < 0 ? Int32(-bytes) : ENOTSUP, what: "thread \(thread)")
        }
        self.thread = thread
        stackPointer = words[Self.stackPointerIndex]
        threadPointer = words[Self.threadPointerIndex]
        var vectors = [UInt64](repeating: 0, count: Self.extendedBytes / 8)
        let count = unsafe csystem_registers(thread, Self.extended, &vectors, Self.extendedBytes)
        // A processor without them has the general ones only.
        self.words = words + vectors.prefix(Int(max(0, count)) / 8)
    }
}
