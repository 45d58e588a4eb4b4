import CSystem
import Glibc

/// Whether each page is one that Rss leaves out though the page tables have it: the zero page, small or huge, and pages
/// of the kernel's own. A page that is gone meanwhile is left out too.
///
/// move_pages(2) tells: "EFAULT: this is a zero page" (mm/migrate.c, do_pages_stat_array). 0.1 µs a page.
///
/// - Throws: `EPERM` where the process may not be asked, `ENOSYS` where the kernel moves no pages.
package func areLeftOutOfRss(pages addresses: [UInt64], pid: Int32) throws(SystemError) -> [Bool] {
    var states = [Int32](repeating: 0, count: addresses.count)
    guard !addresses.isEmpty else { return [] }
    let result = unsafe csystem_page_states(pid, addresses, &states, addresses.count)
    _ = try checked(result, "move_pages", "process \(pid)")
    var isLeftOut: [Bool] = []
    isLeftOut.reserveCapacity(states.count)
    for state in states {
        guard state >= 0 || state == -EFAULT || state == -ENOENT else {
            throw SystemError(call: "move_pages", errno: -state, what: "process \(pid)")
        }
        isLeftOut.append(state < 0)
    }
    return isLeftOut
}
