import CSystem

/// Waits until something can be read from one of `descriptors`, or its other side has hung up.
///
/// - Parameter nanoseconds: The longest wait; not negative.
/// - Returns: those that are ready. None: the time has passed, or a signal came.
package func poll(_ descriptors: [Int32], nanoseconds: Int64) throws(SystemError) -> Set<Int32> {
    precondition(nanoseconds >= 0)
    var entries = descriptors.map { csystem_ready(descriptor: $0, is_ready: 0) }
    _ = try checked(unsafe csystem_poll(&entries, entries.count, nanoseconds), "poll", "descriptors")
    return Set(entries.lazy.filter { $0.is_ready != 0 }.map(\.descriptor))
}
