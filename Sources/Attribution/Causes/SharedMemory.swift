import MemoryModel

/// `shared`: shared memory, whatever the door: POSIX (`/dev/shm`), memfd, System V, and anonymous with MAP_SHARED.
///
/// A private mapping of shared memory is two things: its pages of the object are `shared`, and the copies that writing
/// made belong to this process alone, like those of any other file: `module-data`. In a shared mapping there are no
/// copies, so all that is there is `shared`, what is in swap too.
extension Mapping {
    var isShared: Bool {
        // Names by mm/shmem.c (`/dev/zero (deleted)`, `memfd:`), ipc/shm.c (`SYSV%08x`), fs/proc/task_mmu.c.
        for prefix in ["/dev/shm/", "/memfd:", "/SYSV", "/dev/zero (deleted)", "[anon_shmem:"] {
            if name.hasPrefix(prefix) { return true }
        }
        return name.isEmpty && permissions.contains(.shared)
    }
}

extension Ledger {
    mutating func addSharedCopy(_ pages: PageCounts) {
        add(.shared, resident: pages.file)
        add(.moduleData, resident: pages.anonymous, swapped: pages.swapped)
    }
}
