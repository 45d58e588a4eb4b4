import Glibc

/// Signals: number N is bit N - 1, as in the kernel's own `sigset_t`.
package struct SignalSet: Hashable, Sendable, ExpressibleByArrayLiteral {
    package var bits: UInt64 = 0

    package init(bits: UInt64 = 0) { self.bits = bits }

    /// - Precondition: every number is from 1 to 64.
    package init(arrayLiteral numbers: Int32...) {
        for number in numbers { bits |= 1 << UInt64(number - 1) }
    }

    package func contains(_ number: Int32) -> Bool { (1...64).contains(number) && bits >> UInt64(number - 1) & 1 == 1 }
}
