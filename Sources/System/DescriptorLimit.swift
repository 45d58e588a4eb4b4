import Glibc

/// As many descriptors as this process may have, for as long as the value lives; then as many as before.
///
/// What is started meanwhile inherits the limit: start it before.
package struct DescriptorLimit: ~Copyable {
    private let before: rlimit?
    private let most: UInt
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    /// What reading a process takes.
    private static let reserve: UInt = 16

    package init() {
        var limit = rlimit()
        guard unsafe getrlimit(Self.resource, &limit) == 0 else {
            (before, most) = (nil, .max)
            return
        }
        most = limit.rlim_max
        guard limit.rlim_cur < limit.rlim_max else {
            before = nil
            return
        }
        before = limit
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(Self.resource, &limit)
    }

    /// Whether so few are left that something may have failed for want of one.
    package var isNearlyReached: Bool {
        // The lowest that is free (dup(2)); of a closed standard input it tells nothing.
        let lowest = dup(STDIN_FILENO)
        guard lowest >= 0 else { return errno == EMFILE || errno == ENFILE }
        close(lowest)
        return UInt(lowest) + Self.reserve >= most
    }

    deinit {
        guard var before else { return }
        _ = unsafe setrlimit(Self.resource, &before)
    }
}
