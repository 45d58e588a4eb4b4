import CSystem
import Glibc

/// Signals of this process as something to poll and to read, instead of handlers.
///
/// They stay blocked in the calling thread when this value is gone, so that they end nobody in the middle of its last
/// steps. A blocked signal comes here even where its action is to be ignored (kernel/signal.c, sig_ignored).
package struct SignalReader: ~Copyable {
    /// One signal that came.
    package struct Signal: Hashable, Sendable {
        package var number: Int32
        /// Whether the kernel sent it, as it does for the keys of a terminal: then to the whole foreground group.
        package var isFromKernel: Bool
        /// The process that sent it, `nil` where none did or where it is outside of our PID namespace.
        package var sender: Int32?
    }

    private let descriptor: Descriptor
    /// The signals that were blocked before: what a child is to inherit.
    package let maskBefore: SignalSet

    /// Blocks `signals` in the calling thread, to read them from here on.
    package init(_ signals: SignalSet) throws(SystemError) {
        var before: UInt64 = 0
        _ = try checked(unsafe csystem_block_signals(signals.bits, &before), "sigprocmask", "signals")
        let result = try checked(csystem_signalfd(signals.bits), "signalfd", "signals")
        descriptor = Descriptor(rawValue: result, path: "signalfd")
        maskBefore = SignalSet(bits: before)
    }

    /// For ``poll(_:nanoseconds:)``.
    package var pollable: Int32 { descriptor.rawValue }

    /// The next signal that came, `nil` where there is none. Equal signals that came together are one.
    package func next() -> Signal? {
        var signal = csystem_signal()
        guard unsafe csystem_read_signal(descriptor.rawValue, &signal) == 0 else { return nil }
        // include/uapi/asm-generic/siginfo.h: SI_KERNEL; Glibc's is of a type that does not compare.
        let kernel: Int32 = 0x80
        return Signal(
            number: signal.number, isFromKernel: signal.code == kernel,
            sender: signal.sender == 0 ? nil : Int32(bitPattern: signal.sender))
    }
}

/// Gives a signal its default action again, whatever this process inherited.
package func restoreDefaultAction(of signal: Int32) throws(SystemError) {
    _ = try checked(csystem_default_signal(signal), "signal", "signal \(signal)")
}

/// Ends this process by a signal, without a core dump: its parent sees what it would have seen of the command.
///
/// Returns only where the signal does not end a process.
package func die(of signal: Int32) { csystem_die_of(signal) }
