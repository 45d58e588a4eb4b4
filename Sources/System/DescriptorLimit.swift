import Glibc

/// As many descriptors as this process may have, for as long as the value lives: then as many as before.
///
/// What it starts meanwhile inherits the limit: to be made after that.
package struct DescriptorLimit: ~Copyable {
    private let before: rlimit?
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    package init() {
        var limit = rlimit()
        guard unsafe getrlimit(Self.resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else {
            before = nil
            return
        }
        before = limit
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(Self.resource, &limit)
    }

    deinit {
        guard var before else { return }
        _ = unsafe setrlimit(Self.resource, &before)
    }
}
