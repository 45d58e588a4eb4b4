internal import Glibc
internal import System

/// Passes on to the command the signals that are sent to silt.
///
/// silt itself survives them all, and ends when the command does. What stops a job (SIGTSTP and its kin) is left alone:
/// the terminal stops the whole group, and a silt that is stopped by itself keeps nobody from running.
struct Relay: ~Copyable {
    private static let signals: SignalSet = [
        SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCONT, SIGWINCH, SIGCHLD,
    ]

    let reader: SignalReader

    init() throws(SystemError) { reader = try SignalReader(Self.signals) }

    /// Takes in all that came. Without a child they are only taken in.
    func pass(to child: Child?) {
        while let signal = reader.next() {
            guard let child, signal.number != SIGCHLD else { continue }
            // The terminal gave it to the command as well: the whole foreground group gets it.
            guard !signal.isFromKernel else { continue }
            // kill(0, …) by the command itself: it has had its own.
            guard signal.sender != child.pid else { continue }
            try? send(signal: signal.number, to: child.pid)
        }
    }
}
